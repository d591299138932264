import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Misuse } from '../../../sim/host/errors.js'
import { MachineClock } from '../../../sim/host/machine-clock.js'

const second = 1_000_000_000

type Change = { kind: 'drift'; ppm: number } | { kind: 'freeze'; forNanos: number | null } | { kind: 'thaw' } | { kind: 'step'; by: number } | { kind: 'mend' }

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('drift' as const), ppm: fc.oneof(fc.integer({ min: -200, max: 200 }), fc.integer({ min: -900_000, max: 900_000 })) }),
  fc.record({ kind: fc.constant('freeze' as const), forNanos: fc.option(fc.integer({ min: 0, max: 3 * second })) }),
  fc.constant({ kind: 'thaw' as const }),
  fc.record({ kind: fc.constant('step' as const), by: fc.integer({ min: -1_000 * second, max: 1_000 * second }) }),
  fc.constant({ kind: 'mend' as const }),
)
/** Changes, each some true time after the one before. */
const changes = fc.array(fc.record({ after: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 20 * second })), change }), { maxLength: 20 })

function apply(clock: MachineClock, change: Change, now: number): void {
  if (change.kind === 'drift') clock.drift(change.ppm, now)
  else if (change.kind === 'freeze') clock.freeze(change.forNanos, now)
  else if (change.kind === 'thaw') clock.thaw(now)
  else if (change.kind === 'step') clock.step(change.by)
  else clock.mend(now)
}

describe('the clock of a machine', () => {
  test('is true until something happens to it', () => {
    const clock = new MachineClock(17)
    expect(clock.monotonic(second)).toBe(second)
    expect(clock.wall(second)).toBe(second)
    expect(clock.trueDelay(123, second)).toBe(123)
  })

  test('gains and loses exactly its drift', () => {
    const clock = new MachineClock(0)
    clock.drift(200, 0)
    expect(clock.monotonic(3_600 * second)).toBe(3_600 * second + 720_000_000)
    clock.drift(-200, 3_600 * second)
    expect(clock.monotonic(7_200 * second)).toBe(7_200 * second)
  })

  test('keeps fractions of a nanosecond: a thousand changes of rate lose none', () => {
    const clock = new MachineClock(0)
    for (let now = 1; now <= 1_000_000; now++) clock.drift(100, now)
    // From the first nanosecond on, 999,999 true ones at 100 ppm.
    expect(clock.monotonic(1_000_000)).toBe(1 + 999_999 + 99)
    expect(clock.monotonic(1_000_001)).toBe(1_000_101)
  })

  test('stands still in a freeze and goes on where it stood', () => {
    const clock = new MachineClock(0)
    clock.freeze(second, second)
    expect([clock.monotonic(second + 5), clock.monotonic(2 * second), clock.monotonic(3 * second)]).toEqual([second, second, 2 * second])
    expect(clock.trueDelay(10, second)).toBe(second + 10)
    expect([clock.isFrozen(second), clock.isFrozen(2 * second)]).toEqual([true, false])
    clock.freeze(null, 3 * second)
    expect(clock.monotonic(1_000_000 * second)).toBe(2 * second)
    clock.thaw(4 * second)
    expect(clock.monotonic(5 * second)).toBe(3 * second)
  })

  test('shows steps on the wall only, and mends without going back', () => {
    const clock = new MachineClock(0)
    clock.step(-5 * second)
    clock.drift(100_000, 0)
    expect([clock.monotonic(second), clock.wall(second), clock.wallError(second)]).toEqual([1_100_000_000, -3_900_000_000, -4_900_000_000])
    clock.mend(second)
    expect([clock.monotonic(second), clock.monotonic(2 * second), clock.wall(2 * second)]).toEqual([1_100_000_000, 2_100_000_000, 2 * second])
  })

  test('refuses a drift or a step that is not an integer, and a clock that would stand or run backwards', () => {
    const clock = new MachineClock(0)
    for (const ppm of [0.5, -1_000_000, 900_001, Number.NaN]) expect(() => clock.drift(ppm, 0)).toThrow(Misuse)
    expect(() => clock.step(0.5)).toThrow(Misuse)
  })

  test('never goes back in monotonic time, and passes at most true time with its drift', () => {
    fc.assert(
      fc.property(changes, (sequence) => {
        const clock = new MachineClock(0)
        let now = 0
        for (const { after, change } of sequence) {
          const before = clock.monotonic(now)
          const between = clock.monotonic(now + Math.floor(after / 2))
          now += after
          const shown = clock.monotonic(now)
          expect(Number.isSafeInteger(shown)).toBe(true)
          expect(between).toBeGreaterThanOrEqual(before)
          expect(shown).toBeGreaterThanOrEqual(between)
          expect(shown - before).toBeLessThanOrEqual(Math.ceil((after * (1_000_000 + clock.driftPpm)) / 1_000_000))
          apply(clock, change, now)
          // A change takes effect from now on: it moves monotonic time by nothing.
          expect(clock.monotonic(now)).toBe(shown)
        }
      }),
    )
  })

  test('answers the first true time at which a host time is shown: never early, and not a nanosecond late', () => {
    fc.assert(
      fc.property(changes, fc.integer({ min: 1, max: 100 * second }), (sequence, delay) => {
        const clock = new MachineClock(0)
        let now = 0
        for (const { after, change } of sequence) {
          now += after
          apply(clock, change, now)
        }
        const wanted = clock.monotonic(now) + delay
        const at = now + clock.trueDelay(delay, now)
        expect(clock.monotonic(at)).toBeGreaterThanOrEqual(wanted)
        expect(clock.monotonic(at - 1)).toBeLessThan(wanted)
      }),
    )
  })
})
