import { ms } from '../../../sim/host/durations.js'
import { DiskError, RemoteError } from '../../../sim/host/errors.js'
import type { Handlers, Host } from '../../../sim/host/seam.js'
import { protocol } from '../../../sim/run/scenario.js'
import { type ConformanceCase, codeOf, pattern, until } from '../conformance-case.js'

interface Methods extends Record<string, { req: unknown; res: unknown }> {
  echo: { req: unknown; res: unknown }
  slow: { req: unknown; res: unknown }
  fail: { req: unknown; res: unknown }
}
const Stream = protocol<Methods>('stream')
const Loose = protocol<Methods>('loose', { transport: 'datagram' })
const Other = protocol<Methods>('other')

const handlers = (changes: Partial<Handlers<Methods>> = {}): Handlers<Methods> => ({
  echo: (value) => value,
  slow: (value) => value,
  fail: () => {
    throw new Error('it failed')
  },
  ...changes,
})

/** Serves for ever: answers are the other side's to see. */
const serving = (changes?: Partial<Handlers<Methods>>) => async (host: Host) => {
  host.net.serve(Stream, handlers(changes))
  host.net.serve(Loose, handlers(changes))
}

export const protocolCases: readonly ConformanceCase[] = [
  {
    area: 'protocols',
    name: 'a call is answered by the handler of its method, which is told who calls',
    programs: (see) => ({
      b: serving({ echo: (value, from) => ({ value, from }) }),
      a: async ({ net }) => {
        see(await net.call(Stream, 'b-1', 'echo', 1))
        see(await net.call(Loose, 'b-1', 'echo', 2))
      },
    }),
    seen: [
      { value: 1, from: 'a-1' },
      { value: 2, from: 'a-1' },
    ],
  },
  {
    area: 'protocols',
    name: 'a host may call itself, and is not called before it goes on',
    programs: (see) => ({
      a: async ({ net }) => {
        net.serve(
          Stream,
          handlers({
            echo: (value, from) => {
              see('called')
              return [value, from]
            },
          }),
        )
        const answer = net.call(Stream, 'a-1', 'echo', 1)
        see('goes on')
        see(await answer)
      },
    }),
    seen: ['goes on', 'called', [1, 'a-1']],
  },
  {
    area: 'protocols',
    name: 'plain data arrives as it was: undefined, bigints, maps, sets, bytes, nested',
    programs: (see) => ({
      b: serving(),
      a: async ({ net }) => {
        const value = {
          none: undefined,
          nothing: null,
          big: 2n ** 70n,
          map: new Map([[{ key: 1 }, new Set(['x'])]]),
          bytes: pattern(5),
          list: [1.5, -2, 2 ** 40, ''],
        }
        see(await net.call(Stream, 'b-1', 'echo', value))
        for (const single of [undefined, null, Number.NaN, -(2 ** 53), 0n, '', [], {}]) see(await net.call(Stream, 'b-1', 'echo', single))
      },
    }),
    seen: [
      { none: undefined, nothing: null, big: 2n ** 70n, map: new Map([[{ key: 1 }, new Set(['x'])]]), bytes: pattern(5), list: [1.5, -2, 2 ** 40, ''] },
      undefined,
      null,
      Number.NaN,
      -(2 ** 53),
      0n,
      '',
      [],
      {},
    ],
  },
  {
    area: 'protocols',
    name: 'the sign of a negative zero',
    programs: (see) => ({
      b: serving({ echo: (value) => Object.is(value, -0) }),
      a: async ({ net }) => see(await net.call(Stream, 'b-1', 'echo', -0)),
    }),
    seen: { simulated: [true], real: [false], why: 'MessagePack as msgpackr writes it has one zero among its integers; nothing should depend on the other' },
  },
  {
    area: 'protocols',
    name: 'half of a surrogate pair in a string',
    programs: (see) => ({
      b: serving({ echo: (value) => (value as string).charCodeAt(0).toString(16) }),
      a: async ({ net }) => see(await net.call(Stream, 'b-1', 'echo', '\ud83d')),
    }),
    seen: { simulated: ['d83d'], real: ['fffd'], why: 'strings travel as UTF-8, which has no such code point; the replacement character arrives' },
  },
  {
    area: 'protocols',
    name: 'what was sent is frozen on both sides; bytes are copies',
    programs: (see) => ({
      b: serving({
        echo: (value) => {
          const received = value as { list: number[]; bytes: Uint8Array }
          received.bytes[0] = 9
          return Object.isFrozen(received) && Object.isFrozen(received.list)
        },
      }),
      a: async ({ net }) => {
        const value = { list: [1], bytes: new Uint8Array([1]) }
        see(await net.call(Stream, 'b-1', 'echo', value))
        see(Object.isFrozen(value.list))
        see(value.bytes[0])
      },
    }),
    seen: [true, true, 1],
  },
  {
    area: 'protocols',
    name: 'bytes that the sender changes after the send arrive as they were',
    programs: (see) => ({
      b: serving(),
      a: async ({ net }) => {
        const body = new Uint8Array([1, 2, 3])
        const answer = net.call(Stream, 'b-1', 'echo', body)
        body.fill(0)
        see(await answer)
      },
    }),
    seen: [new Uint8Array([1, 2, 3])],
  },
  {
    area: 'protocols',
    name: 'what is no plain data is misuse, where it is sent',
    programs: (see) => ({
      b: serving(),
      a: async ({ net }) => {
        for (const value of [() => 1, Symbol('x'), new Date(0), new Error('x'), new (class Thing {})()]) {
          see(await codeOf(() => net.call(Stream, 'b-1', 'echo', value)))
          see(await codeOf(() => net.send(Stream, 'b-1', 'echo', value)))
        }
      },
    }),
    seen: Array.from({ length: 10 }, () => 'misuse'),
  },
  {
    area: 'protocols',
    name: 'a host that does not exist is misuse',
    programs: (see) => ({
      a: async ({ net }) => {
        see(await codeOf(() => net.call(Stream, 'nobody-1', 'echo', 1)))
        see(await codeOf(() => net.send(Stream, 'nobody-1', 'echo', 1)))
      },
    }),
    seen: ['misuse', 'misuse'],
  },
  {
    area: 'protocols',
    name: 'a handler that throws or rejects answers its caller, with its message and code',
    programs: (see) => ({
      b: serving({
        slow: async () => {
          throw new DiskError('EIO', 'read', 'some/file')
        },
      }),
      a: async ({ net }) => {
        for (const Protocol of [Stream, Loose]) {
          for (const method of ['fail', 'slow'] as const) {
            const error = await net.call(Protocol, 'b-1', method, 1).catch((thrown: RemoteError) => thrown)
            see([error instanceof RemoteError, (error as RemoteError).code, (error as RemoteError).remoteCode, (error as RemoteError).message])
          }
        }
      },
    }),
    seen: [
      [true, 'remote', undefined, 'stream.fail on b-1: it failed'],
      [true, 'remote', 'EIO', 'stream.slow on b-1: EIO: read some/file'],
      [true, 'remote', undefined, 'loose.fail on b-1: it failed'],
      [true, 'remote', 'EIO', 'loose.slow on b-1: EIO: read some/file'],
    ],
  },
  {
    area: 'protocols',
    name: 'a protocol or method that nobody serves is refused; a datagram to it is lost',
    programs: (see) => ({
      b: serving(),
      a: async ({ net }) => {
        see(await codeOf(net.call(Other, 'b-1', 'echo', 1)))
        see(await codeOf(net.call(Stream, 'b-1', 'missing', 1)))
        see(await codeOf(net.call(Stream, 'b-1', 'toString', 1)))
        see(await codeOf(net.call(Loose, 'b-1', 'missing', 1, { timeout: ms(100) })))
      },
    }),
    seen: ['refused', 'refused', 'refused', 'timeout'],
  },
  {
    area: 'protocols',
    name: 'what is served no longer is refused, and may be served again',
    programs: (see) => ({
      a: async ({ net }) => {
        const served = net.serve(Stream, handlers())
        see(await net.call(Stream, 'a-1', 'echo', 1))
        served.close()
        see(await codeOf(net.call(Stream, 'a-1', 'echo', 2)))
        net.serve(Stream, handlers({ echo: () => 'anew' }))
        see(await net.call(Stream, 'a-1', 'echo', 3))
      },
    }),
    seen: [1, 'refused', 'anew'],
  },
  {
    area: 'protocols',
    name: 'to close twice does not end what another serves by the same name since',
    programs: (see) => ({
      a: async ({ net }) => {
        const served = net.serve(Stream, handlers())
        served.close()
        net.serve(Stream, handlers({ echo: () => 'anew' }))
        served.close()
        see(await codeOf(net.call(Stream, 'a-1', 'echo', 3)))
      },
    }),
    seen: ['none'],
  },
  {
    area: 'protocols',
    name: 'to serve a protocol twice is misuse',
    programs: (see) => ({
      a: async ({ net }) => {
        net.serve(Stream, handlers())
        see(await codeOf(() => net.serve(Stream, handlers())))
      },
    }),
    seen: ['misuse'],
  },
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
