import { ms } from '../../../sim/host/durations.js'
import { type ConformanceCase, codeOf, pattern, until } from '../conformance-case.js'
import { handlers, Loose, Other, Stream, serving } from './served-protocols.js'

/** Time, order and death: calls that end otherwise than by an answer, and what overtakes what. */
export const protocolCallCases: readonly ConformanceCase[] = [
  {
    area: 'protocols',
    name: "a call that takes too long times out, never early, and its late answer is nobody's",
    programs: (see) => ({
      b: async (host) =>
        serving({
          slow: async (value) => {
            await host.clock.sleep(ms(120))
            return value
          },
        })(host),
      a: async ({ net, clock }) => {
        for (const Protocol of [Stream, Loose]) {
          const before = clock.monotonic()
          see(await codeOf(net.call(Protocol, 'b-1', 'slow', 1, { timeout: ms(40) })))
          see(clock.monotonic() - before >= ms(40))
          see(await net.call(Protocol, 'b-1', 'slow', 2))
        }
      },
    }),
    seen: ['timeout', true, 2, 'timeout', true, 2],
  },
  {
    area: 'protocols',
    name: 'a call may wait without end',
    programs: (see) => ({
      b: async (host) =>
        serving({
          slow: async (value) => {
            await host.clock.sleep(ms(60))
            return value
          },
        })(host),
      a: async ({ net }) => see(await net.call(Stream, 'b-1', 'slow', 1, { timeout: Number.POSITIVE_INFINITY })),
    }),
    seen: [1],
  },
  {
    area: 'protocols',
    name: 'a call is aborted by its caller, before it leaves and after',
    programs: (see) => {
      let handled = 0
      return {
        b: async (host) =>
          serving({
            slow: async () => {
              handled++
              await host.clock.sleep(ms(60))
              return null
            },
          })(host),
        a: async (host) => {
          const controller = new AbortController()
          const call = codeOf(host.net.call(Stream, 'b-1', 'slow', 1, { signal: controller.signal }))
          await until(host, () => handled === 1)
          controller.abort()
          see(await call)
          see(await codeOf(host.net.call(Stream, 'b-1', 'slow', 2, { signal: controller.signal })))
          await host.net.call(Stream, 'b-1', 'echo', 3)
          see(handled)
        },
      }
    },
    seen: ['aborted', 'aborted', 1],
  },
  {
    area: 'protocols',
    name: 'an abort after the answer changes nothing',
    programs: (see) => ({
      b: serving(),
      a: async ({ net }) => {
        const controller = new AbortController()
        see(await net.call(Stream, 'b-1', 'echo', 1, { signal: controller.signal }))
        controller.abort()
        see(await net.call(Stream, 'b-1', 'echo', 2))
      },
    }),
    seen: [1, 2],
  },
  {
    area: 'protocols',
    name: 'what one host sends another over streams arrives in its order: requests and one-way messages, of all protocols',
    programs: (see) => {
      let received = 0
      const order: unknown[] = []
      const note = (value: unknown) => {
        received++
        order.push(value)
        return null
      }
      return {
        b: async ({ net }) => {
          net.serve(Stream, handlers({ echo: note }))
          net.serve(Other, handlers({ echo: note }))
        },
        a: async (host) => {
          for (let i = 0; i < 60; i++) {
            if (i % 3 === 0) void host.net.call(Stream, 'b-1', 'echo', i)
            else host.net.send(i % 3 === 1 ? Stream : Other, 'b-1', 'echo', i % 20 === 7 ? { i, ballast: pattern(200_000) } : i)
          }
          await until(host, () => received === 60)
          see(order.map((value) => (typeof value === 'number' ? value : (value as { i: number }).i)).every((value, i) => value === i))
        },
      }
    },
    seen: [true],
  },
  {
    area: 'protocols',
    name: 'answers may overtake each other: each goes to its own call',
    programs: (see) => ({
      b: async (host) =>
        serving({
          slow: async (value) => {
            await host.clock.sleep(ms(50 - 10 * (value as number)))
            return value
          },
        })(host),
      a: async ({ net }) => {
        const answered: unknown[] = []
        const calls = [0, 1, 2, 3].map(async (value) => {
          const answer = await net.call(Stream, 'b-1', 'slow', value)
          answered.push(answer)
          return answer === value
        })
        see(await Promise.all(calls))
        see(answered)
      },
    }),
    seen: [
      [true, true, true, true],
      [3, 2, 1, 0],
    ],
  },
  {
    area: 'protocols',
    name: 'a one-way message is handled, and its sender hears nothing, not even that nobody serves it',
    programs: (see) => {
      const got: unknown[] = []
      return {
        b: serving({ echo: (value, from) => got.push([value, from]) }),
        a: async (host) => {
          host.net.send(Other, 'b-1', 'echo', 0)
          host.net.send(Stream, 'b-1', 'missing', 0)
          host.net.send(Stream, 'b-1', 'echo', 1)
          await until(host, () => got.length === 1)
          host.net.send(Loose, 'b-1', 'echo', 2)
          await until(host, () => got.length === 2)
          see(got)
        },
      }
    },
    seen: [
      [
        [1, 'a-1'],
        [2, 'a-1'],
      ],
    ],
  },
  {
    area: 'protocols',
    name: 'messages of a megabyte arrive whole, over streams and as datagrams',
    programs: (see) => ({
      b: serving({ echo: (value) => [(value as Uint8Array).length, value] }),
      a: async ({ net }) => {
        const body = pattern(1_000_000)
        for (const Protocol of [Stream, Loose]) {
          const [length, answer] = (await net.call(Protocol, 'b-1', 'echo', body)) as [number, Uint8Array]
          see([length, answer.every((byte, i) => byte === body[i])])
        }
      },
    }),
    seen: [
      [1_000_000, true],
      [1_000_000, true],
    ],
  },
  {
    area: 'protocols',
    name: 'many calls at once are all answered',
    programs: (see) => ({
      b: serving(),
      a: async ({ net }) => {
        const answers = await Promise.all(Array.from({ length: 500 }, (_, i) => net.call(Stream, 'b-1', 'echo', i)))
        see(answers.every((answer, i) => answer === i))
      },
    }),
    seen: [true],
  },
  {
    area: 'protocols',
    name: 'two hosts may call each other inside their handlers',
    programs: (see) => ({
      b: async (host) => serving({ echo: async (value, from) => host.net.call(Stream, from, 'slow', [value]) })(host),
      a: async (host) => {
        host.net.serve(Stream, handlers({ slow: (value) => ({ of: value }) }))
        see(await host.net.call(Stream, 'b-1', 'echo', 1))
      },
    }),
    seen: [{ of: [1] }],
  },
  {
    area: 'protocols',
    name: 'a call under way to a process that dies is reset; its next life is reached',
    programs: (see) => {
      const state = { isUnderWay: false, lives: 0 }
      return {
        b: async (host) => {
          state.lives++
          await serving({
            slow: () => {
              state.isUnderWay = true
              return new Promise(() => {})
            },
            echo: () => host.incarnation,
          })(host)
        },
        a: async (host) => {
          see(await codeOf(host.net.call(Stream, 'b-1', 'slow', 1)))
          await until(host, () => state.lives === 2)
          see(await host.net.call(Stream, 'b-1', 'echo', 1))
        },
        drive: async (world) => {
          await world.until(() => state.isUnderWay)
          await world.crash('b')
          await world.restart('b')
        },
      }
    },
    seen: ['reset', 2],
  },
  {
    area: 'protocols',
    name: 'a host whose process is down refuses, a datagram to it is lost; what was refused is not handled later',
    programs: (see) => {
      const state = { isCalled: false, isDown: false, isOver: false, lives: 0, handled: [] as unknown[] }
      return {
        b: async (host) => {
          state.lives++
          await serving({ echo: (value) => state.handled.push(value) })(host)
        },
        a: async (host) => {
          await host.net.call(Stream, 'b-1', 'echo', 'first')
          state.isCalled = true
          await until(host, () => state.isDown)
          for (let i = 0; i < 3; i++) see(await codeOf(host.net.call(Stream, 'b-1', 'echo', 'refused')))
          see(await codeOf(host.net.call(Loose, 'b-1', 'echo', 'lost', { timeout: ms(30) })))
          state.isOver = true
          await until(host, () => state.lives === 2)
          await host.net.call(Stream, 'b-1', 'echo', 'second')
          see(state.handled)
        },
        drive: async (world) => {
          await world.until(() => state.isCalled)
          await world.crash('b')
          state.isDown = true
          await world.until(() => state.isOver)
          await world.restart('b')
        },
      }
    },
    seen: ['refused', 'refused', 'refused', 'timeout', ['first', 'second']],
  },
  {
    area: 'protocols',
    name: 'a caller that dies hears nothing: no answer reaches its next life',
    programs: (see) => {
      const state = { isUnderWay: false, isAnswered: false }
      return {
        b: async (host) =>
          serving({
            slow: async () => {
              state.isUnderWay = true
              await host.clock.sleep(ms(40))
              state.isAnswered = true
              return null
            },
          })(host),
        a: async (host) => {
          if (host.incarnation === 1) {
            await host.net.call(Stream, 'b-1', 'slow', 1).finally(() => see('settled'))
          } else {
            await until(host, () => state.isAnswered)
            await host.clock.sleep(ms(20))
            see('nothing came')
          }
        },
        drive: async (world) => {
          await world.until(() => state.isUnderWay)
          await world.crash('a')
          await world.restart('a')
        },
      }
    },
    seen: ['nothing came'],
  },
]
