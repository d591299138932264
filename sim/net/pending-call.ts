import type { EventLife, KernelEvent } from '../kernel/event.js'
import type { Link } from './link.js'
import type { MessageType } from './message-type.js'

/** A call that waits for its answer. Both sides hold it: the caller's promise, and the callee's link in its list of calls in service. */
export class PendingCall {
  isSettled = false
  timeout: KernelEvent | null = null
  timeoutId = 0
  abort: (() => void) | null = null
  // The caller's list of calls that wait, for reports.
  nextWaiting: PendingCall | null = null
  previousWaiting: PendingCall | null = null
  // The callee's list of calls in service, for resets when it dies.
  nextInService: PendingCall | null = null
  previousInService: PendingCall | null = null

  constructor(
    readonly life: EventLife & { waiting: PendingCall | null },
    readonly type: MessageType,
    readonly link: Link,
    readonly resolve: (value: unknown) => void,
    readonly reject: (error: unknown) => void,
  ) {
    const first = life.waiting
    this.nextWaiting = first
    if (first !== null) first.previousWaiting = this
    life.waiting = this
  }

  /** Takes it off the caller's list. */
  leave(): void {
    const { nextWaiting: next, previousWaiting: previous } = this
    if (next !== null) next.previousWaiting = previous
    if (previous !== null) previous.nextWaiting = next
    else if (this.life.waiting === this) this.life.waiting = next
  }

  enterService(receiver: { inService: PendingCall | null }): void {
    const first = receiver.inService
    this.nextInService = first
    this.previousInService = null
    if (first !== null) first.previousInService = this
    receiver.inService = this
  }

  leaveService(receiver: { inService: PendingCall | null }): void {
    const { nextInService: next, previousInService: previous } = this
    if (next !== null) next.previousInService = previous
    if (previous !== null) previous.nextInService = next
    else if (receiver.inService === this) receiver.inService = next
    this.nextInService = null
    this.previousInService = null
  }
}
