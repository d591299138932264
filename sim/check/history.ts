/** One operation of one client, as it was invoked and answered: what judges read. */
export interface OperationRecord<Op, Result> {
  readonly client: number
  readonly op: Op
  readonly invokedAtStep: number
  /** null: never answered (its outcome is `unknown`). */
  readonly completedAtStep: number | null
  /** Virtual nanoseconds. */
  readonly invokedAt: number
  readonly completedAt: number | null
  readonly outcome: OperationOutcome<Result>
}

/** What clients did, ordered by invocation. */
export type History<Op, Result> = readonly OperationRecord<Op, Result>[]

/**
 * A timeout is `unknown`, never a failure; `fail` says for certain that it did not happen. `seen` is what a client learnt all the same: what an aborted
 * transaction had read, the offsets of a send whose commit was not answered.
 */
export type OperationOutcome<Result> =
  | { readonly kind: 'ok'; readonly result: Result }
  | { readonly kind: 'fail'; readonly error: string; readonly seen?: Result }
  | { readonly kind: 'unknown'; readonly error?: string; readonly seen?: Result }

/** Says what is wrong with a history, or nothing; a fault shows at its record, where a report then looks. Records are ordered by invocation. */
export type Judge<Op, Result> = ((history: History<Op, Result>) => string | HistoryFault | undefined) & {
  /** For judges that can tell while the history grows: a run then ends near the first fault. Called once a run. */
  readonly watch?: () => HistoryWatch<Op, Result>
}

/** A judge at work beside the clients. Both are called in the order of events; records are the same objects at both, and complete at the second. */
export interface HistoryWatch<Op, Result> {
  readonly invoked: (record: OperationRecord<Op, Result>) => void
  /** The fault that has come to light, if any. */
  readonly completed: (record: OperationRecord<Op, Result>) => HistoryFault | undefined
}

export interface HistoryFault {
  /** What a report calls it: `not linearizable (register)`; `history` when not given. */
  readonly check?: string
  readonly message: string
  /** The answer that cannot be. */
  readonly record: OperationRecord<unknown, unknown>
}
