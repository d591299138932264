import { type EventTarget, hasLapsed, type KernelEvent, world } from '../kernel/event.js'
import type { Kernel } from '../kernel/kernel.js'
import { leastCosts, type StepCosts } from './processor-model.js'
import type { Nanos } from './seam.js'
import type { SimulatedHost } from './simulated-host.js'

/**
 * The one core of a machine: a step takes CPU time, and the steps that come meanwhile wait in the order in which they came.
 *
 * What a step does happens at its beginning, at one moment of virtual time; the time it takes delays the machine's next step. The kernel asks
 * only while `host.busyUntil` is later than an event: a machine whose steps take no time and that has no work is never asked.
 */
export class Processor implements EventTarget {
  #freeAt: Nanos = 0
  #costs: StepCosts | null
  #times = 1
  /** Steps that wait, from `#backlogFrom` on. */
  #backlog: KernelEvent[] = []
  #backlogFrom = 0
  /** Stands in the kernel's queue for the backlog; null while nothing waits. */
  #turn: KernelEvent | null = null

  constructor(
    readonly host: SimulatedHost,
    readonly kernel: Kernel,
    readonly model: StepCosts | null,
  ) {
    this.#costs = model
    this.#show()
  }

  /** How many times as long as usual everything takes. */
  get times(): number {
    return this.#times
  }

  /** An event's time has come: answers the event whose step is to run now, or null when none may yet. */
  admit(event: KernelEvent): KernelEvent | null {
    if (event === this.#turn) return this.#next(event)
    if (this.#turn === null && this.#freeAt <= event.at) {
      this.#spend(event)
      return event
    }
    this.#backlog.push(event)
    const { queue } = this.kernel
    queue.parked++
    if (this.#turn === null) {
      this.#turn = queue.schedule(this.#freeAt, world, this, this.host, null, event.cause, undefined, undefined, undefined, 0)
      this.#show()
    }
    return null
  }

  /** The current step takes this much longer. */
  work(cost: Nanos): void {
    this.#freeAt = Math.max(this.#freeAt, this.kernel.now) + cost * this.#times
    this.#show()
  }

  /** From now on every step and all work takes `times` as long; 1 ends it. */
  slow(times: number): void {
    this.#times = times
    const costs = times === 1 ? this.model : (this.model ?? leastCosts)
    this.#costs = costs === null || times === 1 ? costs : costs.map((cost) => cost * times)
    this.#show()
  }

  /** The process is gone, and its work with it; packets that wait find whoever is there. */
  reset(): void {
    this.#freeAt = 0
    const { queue, now } = this.kernel
    if (this.#turn !== null) queue.cancel(this.#turn)
    this.#turn = null
    const waiting = this.#backlog
    queue.parked -= waiting.length - this.#backlogFrom
    for (let i = this.#backlogFrom; i < waiting.length; i++) {
      const event = waiting[i] as KernelEvent
      event.at = now
      queue.push(event)
    }
    this.#backlog = []
    this.#backlogFrom = 0
    this.#show()
  }

  /** Never called: the kernel asks `admit` before it fires an event of this machine, and a turn is answered there. */
  fire(): void {}

  #next(turn: KernelEvent): KernelEvent | null {
    const { queue } = this.kernel
    if (this.#freeAt > turn.at) {
      turn.at = this.#freeAt
      queue.push(turn)
      return null
    }
    const event = this.#takeFirst()
    if (event !== null) {
      event.at = turn.at
      this.#spend(event)
    }
    // The next turn comes behind the step that runs now, and sees how long it took.
    if (this.#backlog.length > 0) queue.push(turn)
    else {
      turn.clear()
      this.#turn = null
      this.#show()
    }
    return event
  }

  /** The first that still means something: neither cancelled nor a dead life's. */
  #takeFirst(): KernelEvent | null {
    const { queue } = this.kernel
    const backlog = this.#backlog
    let first: KernelEvent | null = null
    while (first === null && this.#backlogFrom < backlog.length) {
      const event = backlog[this.#backlogFrom++] as KernelEvent
      queue.parked--
      // Cancelled events are counted by the queue: it drops them.
      if (event.target === null) queue.push(event)
      else if (event.life !== null && !event.life.alive) event.clear()
      else if (!hasLapsed(event)) first = event
    }
    // Forgets what has left: all at once when none is left, else when that is most.
    if (this.#backlogFrom === backlog.length || this.#backlogFrom >= 1_024) {
      this.#backlog = backlog.slice(this.#backlogFrom)
      this.#backlogFrom = 0
    }
    return first
  }

  #spend(event: KernelEvent): void {
    if (this.#costs !== null) this.#freeAt = event.at + (this.#costs[event.kind] as Nanos)
  }

  /** Tells the kernel from when on it need not ask. */
  #show(): void {
    this.host.busyUntil = this.#costs !== null || this.#turn !== null ? Number.POSITIVE_INFINITY : this.#freeAt
  }
}
