/**
 * Sequential models that a linearizability judge compares a history with: what one copy of the thing, used by one client at a time, would do.
 *
 * A state is a primitive, so that equal states are cheap to recognise. A model that may go several ways keeps the set of its possible states as its state.
 */
export interface SequentialModel<Op, Result> {
  readonly name: string
  readonly initial: State
  /** The state after `op`, or `rejected` when no such operation could have been answered so in this state. An unknown answer fits whatever the operation does. */
  apply(state: State, op: Op, answer: Answer<Result>, client: number): State | Rejected
  /** Operations on different partitions never touch each other. One partition when not given. */
  partition?(op: Op): string | number
  /** Whether an answer leaves open if the operation took effect: it then counts as unknown. */
  uncertain?(op: Op, result: Result): boolean
  /** Whether the operation changes nothing: unanswered ones are then left out. */
  reads?(op: Op): boolean
  /**
   * Whether `op` may happen in any state and leaves one that does not depend on it, whether answered or not.
   * This and `needs` make histories with thousands of timeouts cheap to judge.
   */
  overwrites?(op: Op): boolean
  /** The only state in which `op` could be answered so or, unanswered, would change anything; undefined when there may be several. */
  needs?(op: Op, answer: Answer<Result>): State | undefined
  /** In the past tense, for messages: `read 0`, `wrote 871`. */
  tell(op: Op, answer: Answer<Result>): string
  /** As a noun, for messages: `write of 871`. */
  noun(op: Op): string
  /** For a model that keeps what it has met, as one whose states are numbers of structures does: such a model of its own, for one history. */
  fresh?(): SequentialModel<Op, Result>
}

export type State = string | number | boolean | null
export type Answer<Result> = { readonly kind: 'ok'; readonly result: Result } | { readonly kind: 'unknown' }

export const rejected = Symbol.for('seedfall.rejected')
export type Rejected = typeof rejected
