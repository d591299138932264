import type { Nanos } from '../../../sim/host/seam.js'

/**
 * When a machine may run guests: for a time after the storage last said that its session is open, counted from when it was asked. It is what a hardware watchdog
 * that is fed by the storage does (sanlock and wdmd, SBD): who wants the machine's VMs elsewhere blocks the session, waits this long, and needs no answer.
 */
export class Watchdog {
  /** The session is blocked, closed, or was never opened. */
  #deadline: Nanos | null = null
  /** Guests may run, as of the last look at the clock. */
  isFed = false

  constructor(readonly patience: Nanos) {}

  /** The storage says that the session is open; `askedAt`: when it was asked, by the machine's monotonic clock. */
  feed(askedAt: Nanos, now: Nanos): void {
    this.#deadline = Math.max(this.#deadline ?? 0, askedAt + this.patience)
    this.look(now)
  }

  /** To be asked first at every entrance: a machine that stood still does not know it. Answers whether guests may run. */
  look(now: Nanos): boolean {
    this.isFed = this.#deadline !== null && now < this.#deadline
    return this.isFed
  }

  /** The session is over. */
  end(): void {
    this.#deadline = null
    this.isFed = false
  }
}

/** How long after a session was blocked its machine is sure to run nothing, whatever its clock: crystals differ by far less than a tenth. */
export function fenceWait(patience: Nanos): Nanos {
  return Math.ceil(patience * 1.1)
}
