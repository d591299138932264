import { ms, us } from '../../../sim/host/durations.js'
import { type ConformanceCase, codeOf } from '../conformance-case.js'

export const clockCases: readonly ConformanceCase[] = [
  {
    area: 'clock',
    name: 'monotonic time is an integer of nanoseconds that never goes back',
    programs: (see) => ({
      a: async ({ clock }) => {
        let last = clock.monotonic()
        let isGood = Number.isSafeInteger(last) && last >= 0
        for (let i = 0; i < 50; i++) {
          if (i % 10 === 0) await clock.sleep(us(100))
          const now = clock.monotonic()
          isGood &&= Number.isSafeInteger(now) && now >= last
          last = now
        }
        see(isGood)
      },
    }),
    seen: [true],
  },
  {
    area: 'clock',
    name: 'a sleep takes at least as long as was asked for',
    programs: (see) => ({
      a: async ({ clock }) => {
        for (const delay of [0, 1, us(50), us(1_500), ms(7)]) {
          const before = clock.monotonic()
          await clock.sleep(delay)
          see(clock.monotonic() - before >= delay)
        }
      },
    }),
    seen: [true, true, true, true, true],
  },
  {
    area: 'clock',
    name: 'timers fire in the order of their deadlines, not of their making',
    programs: (see) => ({
      a: async ({ clock }) => {
        const delays = [5_000, 900, 300, 2_000, 600, 100]
        const timers: { readonly from: number; until: number; hasFired: boolean }[] = []
        for (const delay of delays) {
          // Time passes on a real machine while timers are made: a deadline is known to lie between two.
          const timer = { from: clock.monotonic() + us(delay), until: Number.POSITIVE_INFINITY, hasFired: false }
          timers.push(timer)
          clock.timer(us(delay), () => {
            timer.hasFired = true
            see(timers.some(({ until, hasFired }) => !hasFired && until < timer.from) ? `${delay} before an earlier one` : 'in its turn')
          })
          timer.until = clock.monotonic() + us(delay)
        }
        await clock.sleep(ms(10))
      },
    }),
    seen: ['in its turn', 'in its turn', 'in its turn', 'in its turn', 'in its turn', 'in its turn'],
  },
  {
    area: 'clock',
    name: 'a timer never fires before the line after it',
    programs: (see) => ({
      a: async ({ clock }) => {
        clock.timer(0, () => see('timer'))
        see('after')
        await Promise.resolve()
        see('microtask')
        await clock.sleep(ms(1))
      },
    }),
    seen: ['after', 'microtask', 'timer'],
  },
  {
    area: 'clock',
    name: 'what a timer sets off in microtasks settles before the next timer',
    programs: (see) => ({
      a: async ({ clock }) => {
        for (const name of ['first', 'second']) {
          clock.timer(ms(1), () => {
            see(name)
            void Promise.resolve()
              .then(() => {})
              .then(() => see(`${name} settled`))
          })
        }
        await clock.sleep(ms(5))
      },
    }),
    seen: ['first', 'first settled', 'second', 'second settled'],
  },
  {
    area: 'clock',
    name: 'a cancelled timer does not fire, not even when another cancels it at its own time',
    programs: (see) => ({
      a: async ({ clock }) => {
        const first = clock.timer(ms(1), () => second.cancel())
        const second = clock.timer(ms(1), () => see('second'))
        clock.timer(ms(2), () => see('third')).cancel()
        await clock.sleep(ms(5))
        first.cancel()
        second.cancel()
      },
    }),
    seen: [],
  },
  {
    area: 'clock',
    name: 'every fires again and again until it is cancelled, and may cancel itself',
    programs: (see) => ({
      a: async ({ clock }) => {
        let count = 0
        const timer = clock.every(ms(1), () => {
          see(++count)
          if (count === 3) timer.cancel()
        })
        await clock.sleep(ms(15))
      },
    }),
    seen: [1, 2, 3],
  },
  {
    area: 'clock',
    name: 'an aborted sleep rejects at once; one that is aborted before it begins as well',
    programs: (see) => ({
      a: async ({ clock }) => {
        const controller = new AbortController()
        const sleeping = codeOf(clock.sleep(ms(60_000), { signal: controller.signal }))
        await clock.sleep(ms(1))
        controller.abort()
        see(await sleeping)
        see(await codeOf(clock.sleep(ms(60_000), { signal: controller.signal })))
      },
    }),
    seen: ['aborted', 'aborted'],
  },
  {
    area: 'clock',
    name: 'an abort after the sleep has ended changes nothing',
    programs: (see) => ({
      a: async ({ clock }) => {
        const controller = new AbortController()
        see(await codeOf(clock.sleep(ms(1), { signal: controller.signal })))
        controller.abort()
        await clock.sleep(ms(1))
      },
    }),
    seen: ['none'],
  },
  {
    area: 'clock',
    name: 'delays that are no integer of nanoseconds from 0 on are misuse',
    programs: (see) => ({
      a: async ({ clock }) => {
        for (const delay of [-1, 0.5, Number.NaN, 2 ** 53]) see(await codeOf(() => clock.timer(delay, () => see('fired'))))
        see(await codeOf(() => clock.sleep(-1)))
        see(await codeOf(() => clock.every(0, () => see('fired'))))
      },
    }),
    seen: ['misuse', 'misuse', 'misuse', 'misuse', 'misuse', 'misuse'],
  },
  {
    area: 'clock',
    name: 'wall time is whole milliseconds since 1970, and goes on with monotonic time',
    programs: (see) => ({
      a: async ({ clock }) => {
        const [wall, monotonic] = [clock.wallMillis(), clock.monotonic()]
        await clock.sleep(ms(30))
        const wallPassed = clock.wallMillis() - wall
        see(Number.isInteger(wall) && wall > 1_700_000_000_000)
        // A wall clock that is set meanwhile would be a leap of seconds.
        see(wallPassed >= 28 && wallPassed <= (clock.monotonic() - monotonic) / 1_000_000 + 1_000)
      },
    }),
    seen: [true, true],
  },
  {
    area: 'clock',
    name: 'a timer further away than a month waits',
    programs: (see) => ({
      a: async ({ clock }) => {
        const far = clock.timer(40 * 86_400_000_000_000, () => see('far'))
        await clock.sleep(ms(5))
        far.cancel()
        see('waits')
      },
    }),
    seen: ['waits'],
  },
]
