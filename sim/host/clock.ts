import { type EventTarget, type KernelEvent, sleep, timer } from '../kernel/event.js'
import type { Kernel } from '../kernel/kernel.js'
import { Misuse, NetError } from './errors.js'
import type { Incarnation } from './incarnation.js'
import type { Clock, Nanos, Timer } from './seam.js'

/** 2026-01-01T00:00:00Z: what the wall clock shows when virtual time is zero. */
const epochMillis = 1_767_225_600_000

/** The clock of one life: virtual time as its machine shows it, one queue of events for all hosts. */
export class SimulatedClock implements Clock, EventTarget {
  readonly #life: Incarnation
  readonly #kernel: Kernel

  constructor(life: Incarnation, kernel: Kernel) {
    this.#life = life
    this.#kernel = kernel
  }

  monotonic(): Nanos {
    this.#assertReader()
    const { clock } = this.#life.machine
    const { now } = this.#kernel
    return clock === null ? now : clock.monotonic(now)
  }

  wallMillis(): number {
    this.#assertReader()
    const { clock } = this.#life.machine
    const { now } = this.#kernel
    return epochMillis + Math.floor((clock === null ? now : clock.wall(now)) / 1_000_000)
  }

  sleep(delay: Nanos, options?: { signal?: AbortSignal }): Promise<void> {
    assertDelay('clock.sleep', delay)
    return new Promise((resolve, reject) => {
      const life = this.#life
      if (!life.owns()) return
      const event = this.#kernel.schedule(life.machine.trueDelay(delay), sleep, this, life.machine, life, resolve)
      const signal = options?.signal
      if (signal !== undefined) this.#abortable(event, signal, reject)
    })
  }

  timer(delay: Nanos, fire: () => void): Timer {
    assertDelay('clock.timer', delay)
    const life = this.#life
    if (!life.owns()) return inert
    return new QueuedTimer(this.#kernel, this.#kernel.schedule(life.machine.trueDelay(delay), timer, this, life.machine, life, fire))
  }

  every(period: Nanos, fire: () => void): Timer {
    assertDelay('clock.every', period)
    if (period === 0) throw new Misuse('clock.every(period) takes a positive period')
    const life = this.#life
    if (!life.owns()) return inert
    const interval = new Interval(this.#kernel, life, period, fire)
    interval.arm()
    return interval
  }

  fire(event: KernelEvent): void {
    ;(event.a as () => void)()
  }

  /** Checks and tests look at clocks outside of steps; another host's process must not. */
  #assertReader(): void {
    const { life } = this.#kernel
    if (life !== this.#life && life !== null) this.#life.owns()
  }

  #abortable(event: KernelEvent, signal: AbortSignal, reject: (error: unknown) => void): void {
    const abort = () => {
      this.#kernel.queue.cancel(event)
      reject(new NetError('aborted', 'the sleep was aborted'))
    }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  }
}

class QueuedTimer implements Timer {
  readonly #kernel: Kernel
  readonly #event: KernelEvent
  constructor(kernel: Kernel, event: KernelEvent) {
    this.#kernel = kernel
    this.#event = event
  }
  cancel(): void {
    this.#kernel.queue.cancel(this.#event)
  }
}

class Interval implements Timer, EventTarget {
  #event: KernelEvent | null = null
  #isCancelled = false
  constructor(
    readonly kernel: Kernel,
    readonly life: Incarnation,
    readonly period: Nanos,
    readonly run: () => void,
  ) {}
  arm(): void {
    const { machine } = this.life
    this.#event = this.kernel.schedule(machine.trueDelay(this.period), timer, this, machine, this.life)
  }
  fire(_event: KernelEvent): void {
    if (!this.#isCancelled) this.arm()
    this.run()
  }
  cancel(): void {
    this.#isCancelled = true
    if (this.#event !== null) this.kernel.queue.cancel(this.#event)
  }
}

const inert: Timer = { cancel() {} }

function assertDelay(what: string, delay: Nanos): void {
  if (!Number.isSafeInteger(delay) || delay < 0) throw new Misuse(`${what} takes an integer of nanoseconds from 0 on, not ${delay}`)
}
