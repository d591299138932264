import type { Clock, Nanos } from '../../sim/host/seam.js'

/** Fetches that wait for a high watermark to pass an offset. */
export class WatermarkWaiters {
  #waiters: Waiter[] = []

  get size(): number {
    return this.#waiters.length
  }

  /** Settles when the watermark is beyond `offset`, or after `wait`. */
  passes(offset: number, clock: Clock, wait: Nanos): Promise<void> {
    return new Promise((settle) => {
      const waiter: Waiter = {
        offset,
        wake: () => {
          timer.cancel()
          settle()
        },
      }
      const timer = clock.timer(wait, () => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
        settle()
      })
      this.#waiters.push(waiter)
    })
  }

  /** Nobody waits any longer, whatever the watermark is. */
  wakeAll(): void {
    this.advance(Number.POSITIVE_INFINITY)
  }

  advance(highWatermark: number): void {
    if (this.#waiters.length === 0) return
    const due = this.#waiters.filter((waiter) => waiter.offset < highWatermark)
    if (due.length === 0) return
    this.#waiters = this.#waiters.filter((waiter) => waiter.offset >= highWatermark)
    for (const waiter of due) waiter.wake()
  }
}

interface Waiter {
  readonly offset: number
  wake(): void
}
