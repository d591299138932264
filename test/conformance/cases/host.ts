import { ms } from '../../../sim/host/durations.js'
import { type ConformanceCase, codeOf, until } from '../conformance-case.js'

export const hostCases: readonly ConformanceCase[] = [
  {
    area: 'host',
    name: 'a host knows its name, its role and its peers by role, itself included',
    programs: (see) => ({
      b: async ({ name, role, peers }) => see([name, role, peers.a, peers.b, peers.c]),
    }),
    seen: [['b-1', 'b', ['a-1'], ['b-1'], ['c-1']]],
  },
  {
    area: 'host',
    name: 'every life of a process has the next number, and its disk what the last one left',
    programs: (see) => {
      const state = { lives: 0 }
      return {
        a: async ({ incarnation, disk }) => {
          see(incarnation)
          await disk.append('lives', new Uint8Array([incarnation]))
          see([...((await disk.readFile('lives')) ?? [])])
          state.lives++
          if (incarnation < 3) await new Promise(() => {})
        },
        drive: async (world) => {
          for (const lives of [1, 2]) {
            await world.until(() => state.lives === lives)
            await world.crash('a')
            await world.restart('a')
          }
        },
      }
    },
    seen: [1, [1], 2, [1, 2], 3, [1, 2, 3]],
  },
  {
    area: 'host',
    name: 'a spawned task begins after its maker goes on',
    programs: (see) => ({
      a: async (host) => {
        host.spawn('later', async () => see('task'))
        see('goes on')
        await Promise.resolve()
        see('microtask')
        await host.clock.sleep(ms(5))
      },
    }),
    seen: ['goes on', 'microtask', 'task'],
  },
  {
    area: 'host',
    name: 'spawned tasks begin in their order',
    programs: (see) => ({
      a: async (host) => {
        for (const name of ['first', 'second', 'third']) host.spawn(name, async () => see(name))
        await host.clock.sleep(ms(5))
      },
    }),
    seen: ['first', 'second', 'third'],
  },
  {
    area: 'host',
    name: 'what a process was promised when it died never settles',
    programs: (see) => {
      const state = { lives: 0 }
      return {
        a: async (host) => {
          state.lives++
          if (host.incarnation === 1) {
            host.clock.timer(ms(60), () => see('timer'))
            host.clock.every(ms(60), () => see('every'))
            void host.clock.sleep(ms(60)).then(() => see('sleep'))
            await new Promise(() => {})
          }
          await host.clock.sleep(ms(100))
        },
        drive: async (world) => {
          await world.until(() => state.lives === 1)
          await world.crash('a')
          await world.restart('a')
        },
      }
    },
    seen: [],
  },
  {
    area: 'host',
    name: 'random numbers are in their ranges, and a wrong range is misuse',
    programs: (see) => ({
      a: async ({ random }) => {
        let isGood = true
        for (let i = 0; i < 200; i++) {
          const [u32, float, int] = [random.u32(), random.float(), random.int(7)]
          isGood &&= Number.isInteger(u32) && u32 >= 0 && u32 < 2 ** 32 && float >= 0 && float < 1 && Number.isInteger(int) && int >= 0 && int < 7
        }
        see(isGood)
        see(random.chance({ in: 1, of: 1 }))
        see(random.chance({ in: 0, of: 5 }))
        see(random.pick(['only']))
        see(random.shuffle([3, 1, 2]).sort())
        for (const wrong of [0, -1, 1.5, 2 ** 32 + 1]) see(await codeOf(() => random.int(wrong)))
        see(await codeOf(() => random.pick([])))
      },
    }),
    seen: [true, true, false, 'only', [1, 2, 3], 'misuse', 'misuse', 'misuse', 'misuse', 'misuse'],
  },
  {
    area: 'host',
    name: 'host.exit throws, so that nothing after it runs',
    programs: (see) => ({
      b: async (host) => {
        try {
          host.exit('the end')
        } catch (error) {
          see((error as { code: string }).code)
          throw error
        }
      },
      a: async (host) => until(host, () => true),
    }),
    endless: ['b'],
    seen: ['host-exit'],
  },
  {
    area: 'host',
    name: 'nobody asked it to stop',
    programs: (see) => ({ a: async ({ stopping }) => see(stopping.aborted) }),
    seen: [false],
  },
  {
    area: 'host',
    name: 'without faults maybe is false and a failpoint passes',
    programs: (see) => ({
      a: async (host) => {
        see(host.maybe('small-batch'))
        see(await codeOf(host.failpoint('flush')))
        host.mark('acknowledged')
        host.check.sometimes('reached')
        host.check.reachable('here')
        host.check.always('holds', true)
        host.log.info('done', { at: 1 })
      },
    }),
    seen: [false, 'none'],
  },
  {
    area: 'host',
    name: 'a cost of work that is no number of nanoseconds is misuse',
    programs: (see) => ({
      a: async (host) => {
        for (const cost of [-1, 0.5, Number.NaN]) see(await codeOf(() => host.work(cost)))
        see(await codeOf(() => host.work(1_000)))
      },
    }),
    seen: ['misuse', 'misuse', 'misuse', 'none'],
  },
]
