import { Misuse } from './errors.js'
import type { Nanos } from './seam.js'

/** One millionth is the unit of a clock's rate: 1,000,000 host nanoseconds pass in 1,000,000 true ones when the clock is true. */
const million = 1_000_000
/** A clock that runs at a tenth of true time, or at nearly twice it, is as wrong as any may be. */
const mostPpm = 900_000
/** Stands still until somebody ends it: 52 days, half of the time that the queue can tell apart. */
const unendingNanos: Nanos = 2 ** 52

/**
 * The clock of a machine that is not true: host time as a function of true (virtual) time.
 *
 * Monotonic time is piecewise linear: from the anchor on it runs at a rational rate, before it stands still (a freeze moves the anchor into the
 * future). Rates are whole parts per million and the anchor keeps the fraction of a nanosecond, so the arithmetic is exact in safe integers and
 * no error grows, whatever happens to the clock. It never goes back. The wall clock is monotonic time with an offset that may jump: skew and steps.
 *
 * Exact while less than 46 days pass between two changes.
 */
export class MachineClock {
  /** True time of the anchor. */
  #anchor: Nanos
  /** Host time at the anchor: whole nanoseconds, and millionths of one. */
  #host: Nanos
  #millionths = 0
  /** Host nanoseconds that pass in a million true ones. */
  #rate = million
  /** Wall time less monotonic time. */
  #offset: Nanos = 0

  /** True until now. */
  constructor(now: Nanos) {
    this.#anchor = now
    this.#host = now
  }

  /** How much faster than true time it runs, in parts per million; negative: slower. */
  get driftPpm(): number {
    return this.#rate - million
  }

  isFrozen(now: Nanos): boolean {
    return now < this.#anchor
  }

  /** Host time, in nanoseconds; never goes back. */
  monotonic(now: Nanos): Nanos {
    const elapsed = now - this.#anchor
    if (elapsed <= 0) return this.#host
    const rate = this.#rate
    const rest = elapsed % million
    return this.#host + ((elapsed - rest) / million) * rate + Math.floor((this.#millionths + rest * rate) / million)
  }

  /** Nanoseconds that the wall clock shows to have passed since virtual time was zero. */
  wall(now: Nanos): Nanos {
    return this.monotonic(now) + this.#offset
  }

  /** How far the wall clock is from true time; positive: ahead. */
  wallError(now: Nanos): Nanos {
    return this.wall(now) - now
  }

  /** The first true time, from `now` on, at which the clock shows `host` or more. */
  trueTimeOf(host: Nanos, now: Nanos): Nanos {
    const wanted = host - this.#host
    if (wanted <= 0) return now
    const rate = this.#rate
    const rest = wanted % rate
    const elapsed = ((wanted - rest) / rate) * million + Math.ceil((rest * million - this.#millionths) / rate)
    return Math.max(now, this.#anchor + elapsed)
  }

  /** The true time that passes until `delay` has passed on this clock; rounded up, so that nothing that waits on it is early by it. */
  trueDelay(delay: Nanos, now: Nanos): Nanos {
    return this.trueTimeOf(this.monotonic(now) + delay, now) - now
  }

  /** From now on it gains `ppm` millionths on true time, or loses them. A freeze goes on. */
  drift(ppm: number, now: Nanos): void {
    if (!Number.isInteger(ppm) || Math.abs(ppm) > mostPpm)
      throw new Misuse(`a clock drifts by a whole number of ppm between -${mostPpm} and ${mostPpm}, not ${ppm}`)
    if (now > this.#anchor) this.#moveAnchor(now)
    this.#rate = million + ppm
  }

  /** Both clocks stand still for `forNanos` (null: until `thaw`), then go on from where they stood. */
  freeze(forNanos: Nanos | null, now: Nanos): void {
    this.#moveAnchor(now)
    this.#anchor = now + (forNanos ?? unendingNanos)
  }

  /** Ends a freeze early. */
  thaw(now: Nanos): void {
    if (now < this.#anchor) this.#anchor = now
  }

  /** The wall clock jumps forward, or back. */
  step(by: Nanos): void {
    if (!Number.isSafeInteger(by)) throw new Misuse(`a clock is stepped by an integer of nanoseconds, not ${by}`)
    this.#offset += by
  }

  /** Runs at true time's rate again, and the wall clock is set right; monotonic time stays where it has come to. */
  mend(now: Nanos): void {
    this.thaw(now)
    this.drift(0, now)
    this.step(-this.wallError(now))
  }

  #moveAnchor(now: Nanos): void {
    const elapsed = now - this.#anchor
    if (elapsed > 0) {
      const gained = this.#millionths + (elapsed % million) * this.#rate
      this.#host = this.monotonic(now)
      this.#millionths = gained % million
    }
    this.#anchor = now
  }
}
