import { type DeadlineTarget, type KernelEvent, shared, timeout } from '../kernel/event.js'
import type { Kernel } from '../kernel/kernel.js'
import type { CallQueue, PendingCall } from '../net/pending-call.js'
import type { Incarnation } from './incarnation.js'
import type { Nanos } from './seam.js'

/**
 * Calls of one life that wait equally long for their answers, and so run out of time in the order in which they were made.
 *
 * One event of the kernel stands for all their timeouts, at the deadline of the first or earlier: most calls are answered in time, and nearly all
 * the kernel would do for a timeout of each is to take it back. When the event comes up and nobody is due, it lapses: no step, nothing of it in the trace.
 */
export class CallDeadlines implements CallQueue, DeadlineTarget {
  first: PendingCall | null = null
  #last: PendingCall | null = null
  #event: KernelEvent | null = null

  constructor(
    readonly life: Incarnation,
    readonly kernel: Kernel,
    readonly wait: Nanos,
    readonly expire: (call: PendingCall) => void,
  ) {}

  /** When a call that is made now runs out of time, on the machine's clock. */
  deadline(): Nanos {
    const { clock } = this.life.machine
    const { now } = this.kernel
    return (clock === null ? now : clock.monotonic(now)) + this.wait
  }

  add(call: PendingCall): void {
    const last = this.#last
    this.#last = call
    if (last === null) this.first = call
    else {
      call.previous = last
      last.next = call
    }
    if (this.#event === null && this.wait !== Number.POSITIVE_INFINITY) this.#arm(call)
  }

  remove(call: PendingCall): void {
    const { next, previous } = call
    if (next !== null) next.previous = previous
    else if (this.#last === call) this.#last = previous
    if (previous !== null) previous.next = next
    else if (this.first === call) this.first = next
    call.next = null
    call.previous = null
  }

  get isIdle(): boolean {
    return this.first === null
  }

  lapses(event: KernelEvent): boolean {
    const call = this.first
    if (call === null) {
      this.#event = null
      return true
    }
    event.a = call
    event.cause = call.cause
    const { clock } = this.life.machine
    const due = clock === null ? call.deadline : clock.trueTimeOf(call.deadline, event.at)
    if (due <= event.at) return false
    event.at = due
    this.kernel.queue.push(event)
    return true
  }

  /** The first call's time is up. */
  fire(): void {
    const call = this.first as PendingCall
    this.#event = null
    this.expire(call)
    if (this.first !== null && this.#event === null) this.#arm(this.first)
  }

  #arm(call: PendingCall): void {
    const { machine } = this.life
    const { now } = this.kernel
    const due = machine.clock === null ? call.deadline : machine.clock.trueTimeOf(call.deadline, now)
    this.#event = this.kernel.schedule(Math.max(0, due - now), timeout, this, machine, this.life, call, undefined, undefined, shared)
    this.#event.cause = call.cause
  }
}
