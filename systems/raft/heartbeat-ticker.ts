import type { Clock, Nanos } from '../../sim/host/seam.js'

/** What a member's timers have in common. */
export interface MemberTimer {
  /** Fires once, `delay` from now; what was set before is forgotten. */
  set(delay: Nanos): void
  /** Fires now when the time is past, and the clock's timer is late. */
  fireIfDue(): void
  /** When it fires, by the clock that is monotonic; infinite when it is not set. */
  readonly deadline: Nanos
  cancel(): void
}

/**
 * The heartbeats of all groups of a host at the same times: a timer of `delay` fires at the next multiple of `delay`, somewhat early the first time. All that fire
 * at one time do so in one step, between them `gather` brings what they send to one host into one packet.
 */
export class HeartbeatTicker {
  readonly #clock: Clock
  readonly #gather: (run: () => void) => void
  readonly #slots = new Map<Nanos, TickTimer[]>()

  constructor(clock: Clock, gather: (run: () => void) => void) {
    this.#clock = clock
    this.#gather = gather
  }

  timer(fire: () => void): MemberTimer {
    return new TickTimer(this, this.#clock, fire)
  }

  /** Answers when the timer fires. */
  add(timer: TickTimer, delay: Nanos): Nanos {
    const now = this.#clock.monotonic()
    let at = Math.floor((now + delay) / delay) * delay
    if (at <= now) at += delay
    const slot = this.#slots.get(at)
    if (slot !== undefined) slot.push(timer)
    else {
      this.#slots.set(at, [timer])
      this.#arm(at)
    }
    return at
  }

  #arm(at: Nanos): void {
    this.#clock.timer(Math.max(1, at - this.#clock.monotonic()), () => this.#tick(at))
  }

  #tick(at: Nanos): void {
    const timers = this.#slots.get(at) as TickTimer[]
    this.#slots.delete(at)
    this.#gather(() => {
      for (const timer of timers) timer.tick(at)
    })
  }
}

class TickTimer implements MemberTimer {
  deadline = never
  readonly #ticker: HeartbeatTicker
  readonly #clock: Clock
  readonly #fire: () => void

  constructor(ticker: HeartbeatTicker, clock: Clock, fire: () => void) {
    this.#ticker = ticker
    this.#clock = clock
    this.#fire = fire
  }

  set(delay: Nanos): void {
    this.deadline = this.#ticker.add(this, delay)
  }

  fireIfDue(): void {
    if (this.#clock.monotonic() >= this.deadline) this.tick(this.deadline)
  }

  cancel(): void {
    this.deadline = never
  }

  /** Of all slots that it was ever put into, the last one counts. */
  tick(at: Nanos): void {
    if (at !== this.deadline) return
    this.deadline = never
    this.#fire()
  }
}

const never = Number.POSITIVE_INFINITY
