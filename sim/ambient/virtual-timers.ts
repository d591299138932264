import type { Clock, Timer } from '../host/seam.js'

/** The longest delay that Node's timers take, in milliseconds; longer ones become 1. */
const longestMillis = 2 ** 31 - 1

/**
 * `setTimeout` and its family over a host's clock, with Node's rules: whole milliseconds from 1 on, an interval armed anew before its call, a timer that
 * converts to a number. They die with their process, as all that waits in the simulation's queue.
 */
export class VirtualTimers {
  readonly #clock: Clock
  readonly #byId = new Map<number, VirtualTimer>()
  #ids = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  timeout(call: unknown, delay: unknown, words: readonly unknown[]): VirtualTimer {
    return this.#start(callable(call), millisOf(delay), false, words)
  }

  interval(call: unknown, delay: unknown, words: readonly unknown[]): VirtualTimer {
    return this.#start(callable(call), millisOf(delay), true, words)
  }

  /** After everything that is due now. */
  immediate(call: unknown, words: readonly unknown[]): VirtualTimer {
    return this.#start(callable(call), 0, false, words)
  }

  /** False: it is no timer of this process. */
  clear(timer: unknown): boolean {
    const known = timer instanceof VirtualTimer ? timer : this.#byId.get(Number(timer))
    known?.close()
    return known !== undefined
  }

  /** What `setTimeout` of `node:timers/promises` answers. */
  elapsed(delay: unknown, value: unknown, options: unknown): Promise<unknown> {
    const signal = (options as { signal?: AbortSignal } | undefined)?.signal
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        timer.close()
        reject(Object.assign(new Error('The operation was aborted', { cause: signal?.reason }), { name: 'AbortError', code: 'ABORT_ERR' }))
      }
      const done = (): void => {
        signal?.removeEventListener('abort', stop)
        resolve(value)
      }
      const timer = delay === 0 ? this.immediate(done, []) : this.timeout(done, delay, [])
      if (signal?.aborted) stop()
      else signal?.addEventListener('abort', stop, { once: true })
    })
  }

  abortAfter(delay: unknown): AbortSignal {
    const controller = new AbortController()
    this.timeout(() => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')), delay, [])
    return controller.signal
  }

  #start(call: Callable, millis: number, repeats: boolean, words: readonly unknown[]): VirtualTimer {
    const timer: VirtualTimer = new VirtualTimer(++this.#ids, this.#clock, millis * 1e6, repeats, {
      ended: () => this.#byId.delete(timer.id),
      run: () => call.apply(timer, words as unknown[]),
    })
    this.#byId.set(timer.id, timer)
    timer.arm()
    return timer
  }
}

type Callable = (this: unknown, ...words: unknown[]) => unknown

/** What `setTimeout` answers, with the methods of Node's `Timeout`. */
class VirtualTimer {
  #timer: Timer | undefined
  #isReferenced = true

  constructor(
    readonly id: number,
    readonly clock: Clock,
    readonly nanos: number,
    readonly repeats: boolean,
    readonly on: { readonly ended: () => void; readonly run: () => void },
  ) {}

  arm(): void {
    this.#timer = this.clock.timer(this.nanos, () => {
      if (this.repeats) this.arm()
      else this.on.ended()
      this.on.run()
    })
  }

  close(): this {
    this.#timer?.cancel()
    this.on.ended()
    return this
  }

  refresh(): this {
    this.#timer?.cancel()
    this.arm()
    return this
  }

  /** A simulation ends when its scenario says so, whatever still waits. */
  ref(): this {
    this.#isReferenced = true
    return this
  }

  unref(): this {
    this.#isReferenced = false
    return this
  }

  hasRef(): boolean {
    return this.#isReferenced
  }

  [Symbol.toPrimitive](): number {
    return this.id
  }
}

function callable(call: unknown): Callable {
  if (typeof call !== 'function') throw new TypeError('The "callback" argument must be of type function')
  return call as Callable
}

function millisOf(delay: unknown): number {
  const millis = Math.floor(Number(delay))
  return millis >= 1 && millis <= longestMillis ? millis : 1
}
