import { ms, s } from '../../host/durations.js'
import type { Nanos } from '../../host/seam.js'

/** Before anything was measured (RFC 6298, 2.1). */
const firstTimeout = s(1)
/** Linux' smallest. */
const smallestTimeout = ms(200)
const largestTimeout = s(60)

/** How long an answer takes, and with it how long to wait before sending again: RFC 6298, in whole nanoseconds. */
export class RoundTrip {
  timeout: Nanos = firstTimeout
  #smoothed = -1
  #variation = 0
  /** The offset whose acknowledgement is timed; -1: none is. */
  #timed = -1
  #since: Nanos = 0

  sent(offset: number, now: Nanos): void {
    if (this.#timed >= 0) return
    this.#timed = offset
    this.#since = now
  }

  /** Something was sent again: an answer would not say to which (Karn's algorithm). */
  disturbed(): void {
    this.#timed = -1
  }

  answered(offset: number, now: Nanos): void {
    if (this.#timed < 0 || offset < this.#timed) return
    const measured = now - this.#since
    this.#timed = -1
    if (this.#smoothed < 0) {
      this.#smoothed = measured
      this.#variation = Math.round(measured / 2)
    } else {
      this.#variation += Math.round((Math.abs(this.#smoothed - measured) - this.#variation) / 4)
      this.#smoothed += Math.round((measured - this.#smoothed) / 8)
    }
    this.timeout = Math.min(largestTimeout, Math.max(smallestTimeout, this.#smoothed + 4 * this.#variation))
  }
}
