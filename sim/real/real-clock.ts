import { Misuse, NetError } from '../host/errors.js'
import type { Clock, Nanos, Timer } from '../host/seam.js'
import { type Deadline, DeadlineQueue } from './deadline-queue.js'

/**
 * The machine's clocks. Monotonic time is `process.hrtime`, counted from the start of the process, so that it stays exact in a `number` for 104 days; it says
 * nothing to another life of the process. Timers fire in the order of their deadlines, those with equal deadlines in the order they were made, and never
 * early: Node's own may, by up to a millisecond, and keep no order among different delays.
 */
export class RealClock implements Clock {
  readonly #crash: (error: unknown, where: string) => void
  readonly #deadlines = new DeadlineQueue()
  #wake: { readonly at: Nanos; cancel(): void } | null = null
  #isStopped = false

  /** `crash`: a timer's function threw; nobody called it who could be told. */
  constructor(crash: (error: unknown, where: string) => void) {
    this.#crash = crash
  }

  monotonic(): Nanos {
    return Number(process.hrtime.bigint() - origin)
  }

  wallMillis(): number {
    return Date.now()
  }

  sleep(delay: Nanos, options?: { signal?: AbortSignal }): Promise<void> {
    assertDelay('clock.sleep', delay)
    return new Promise((resolve, reject) => {
      const signal = options?.signal
      const abort = () => {
        timer.cancel()
        if (!this.#isStopped) reject(new NetError('aborted', 'the sleep was aborted'))
      }
      const timer = this.#add(delay, () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      })
      if (signal?.aborted) abort()
      else signal?.addEventListener('abort', abort, { once: true })
    })
  }

  timer(delay: Nanos, fire: () => void): Timer {
    assertDelay('clock.timer', delay)
    return this.#add(delay, fire)
  }

  every(period: Nanos, fire: () => void): Timer {
    assertDelay('clock.every', period)
    if (period === 0) throw new Misuse('clock.every(period) takes a positive period')
    let next = this.monotonic() + period
    const again = () => {
      // A process that was held up for several periods is called once for all of them.
      next = Math.max(next + period, this.monotonic())
      timer = this.#at(next, again)
      fire()
    }
    let timer = this.#at(next, again)
    return { cancel: () => timer.cancel() }
  }

  /** No timer fires any more. */
  stop(): void {
    this.#isStopped = true
    this.#deadlines.clear()
    this.#wake?.cancel()
    this.#wake = null
  }

  #add(delay: Nanos, fire: () => void): Timer {
    return this.#at(this.monotonic() + delay, fire)
  }

  #at(at: Nanos, fire: () => void): Timer {
    if (this.#isStopped) return inert
    const deadline: Deadline = { at, fire, isCancelled: false }
    this.#deadlines.add(deadline)
    this.#arm()
    return {
      cancel: () => {
        deadline.isCancelled = true
        if (!this.#isStopped) this.#arm()
      },
    }
  }

  /** Sees to it that the clock wakes for the first deadline. */
  #arm(): void {
    const { first } = this.#deadlines
    if (first === undefined) {
      this.#wake?.cancel()
      this.#wake = null
      return
    }
    // One that comes too early looks again: cheaper than a new one for every timer that is cancelled.
    if (this.#wake !== null && this.#wake.at <= first.at) return
    this.#wake?.cancel()
    const remaining = first.at - this.monotonic()
    if (remaining <= 0) {
      const immediate = setImmediate(() => this.#run())
      this.#wake = { at: first.at, cancel: () => clearImmediate(immediate) }
    } else {
      const timeout = setTimeout(() => this.#run(), Math.min(longestMillis, Math.ceil(remaining / 1_000_000)))
      this.#wake = { at: first.at, cancel: () => clearTimeout(timeout) }
    }
  }

  /** Fires one deadline a turn of the event loop, so that what it set off settles before the next. */
  #run(): void {
    this.#wake = null
    const { first } = this.#deadlines
    if (first === undefined) return
    if (first.at > this.monotonic()) {
      this.#arm()
      return
    }
    this.#deadlines.take()
    this.#arm()
    try {
      first.fire()
    } catch (error) {
      this.#crash(error, 'in a timer')
    }
  }
}

const origin = process.hrtime.bigint()
/** What `setTimeout` takes at most. */
const longestMillis = 2 ** 31 - 1
const inert: Timer = { cancel() {} }

function assertDelay(what: string, delay: Nanos): void {
  if (!Number.isSafeInteger(delay) || delay < 0) throw new Misuse(`${what} takes an integer of nanoseconds from 0 on, not ${delay}`)
}
