import type { Nanos } from '../host/seam.js'
import type { EventLife } from '../kernel/event.js'
import type { Link } from './link.js'
import type { MessageType } from './message-type.js'

/** Where a call waits at its caller's. */
export interface CallQueue {
  remove(call: PendingCall): void
}

/** A call that waits for its answer. Both sides hold it: the caller's promise, and the callee's link in its list of calls in service. */
export class PendingCall {
  isSettled = false
  abort: (() => void) | null = null
  // Neighbours in the caller's queue of calls that wait.
  next: PendingCall | null = null
  previous: PendingCall | null = null
  // The callee's list of calls in service, for resets when it dies.
  nextInService: PendingCall | null = null
  previousInService: PendingCall | null = null

  constructor(
    readonly life: EventLife,
    readonly type: MessageType,
    readonly link: Link,
    readonly queue: CallQueue,
    /** When its time is up, on the caller's clock; infinite: never. */
    readonly deadline: Nanos,
    /** The step it was made in. */
    readonly cause: number,
    readonly resolve: (value: unknown) => void,
    readonly reject: (error: unknown) => void,
  ) {}

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
