import type { Clock, Nanos, Timer } from '../../sim/host/seam.js'
import type { MemberTimer } from './heartbeat-ticker.js'

/**
 * A timer that is set anew far more often than it fires (an election timeout is, at every word of the leader): only a moved deadline is noted, and the clock's
 * timer, when it fires early, is set again for the rest.
 */
export class DeadlineTimer implements MemberTimer {
  readonly #clock: Clock
  readonly #fire: () => void
  #deadline = never
  readonly #expired = (): void => this.#expire()
  #timer: Timer | null = null
  #timerAt = never

  constructor(clock: Clock, fire: () => void) {
    this.#clock = clock
    this.#fire = fire
  }

  /** Fires once, `delay` from now; what was set before is forgotten. */
  set(delay: Nanos): void {
    this.#deadline = this.#clock.monotonic() + delay
    if (this.#timer !== null && this.#timerAt <= this.#deadline) return
    this.#timer?.cancel()
    this.#arm(delay)
  }

  /** Fires now when the time is past, and the clock's timer is late: as in a process that was paused. */
  fireIfDue(): void {
    if (this.#deadline === never || this.#clock.monotonic() < this.#deadline) return
    this.#deadline = never
    this.#fire()
  }

  /** When it fires, by the clock that is monotonic; infinite when it is not set. */
  get deadline(): Nanos {
    return this.#deadline
  }

  cancel(): void {
    this.#deadline = never
  }

  #arm(delay: Nanos): void {
    this.#timerAt = this.#clock.monotonic() + delay
    this.#timer = this.#clock.timer(delay, this.#expired)
  }

  #expire(): void {
    this.#timer = null
    if (this.#deadline === never) return
    const rest = this.#deadline - this.#clock.monotonic()
    if (rest > 0) {
      this.#arm(rest)
      return
    }
    this.#deadline = never
    this.#fire()
  }
}

const never = Number.POSITIVE_INFINITY
