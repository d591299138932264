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

/** A timeout is `unknown`, never a failure; `fail` says for certain that it did not happen. */
export type OperationOutcome<Result> =
  | { readonly kind: 'ok'; readonly result: Result }
  | { readonly kind: 'fail'; readonly error: string }
  | { readonly kind: 'unknown'; readonly error?: string }

/** Says what is wrong with a history, or nothing; a fault shows at its record, where a report then looks. Records are ordered by invocation. */
export type Judge<Op, Result> = (history: readonly OperationRecord<Op, Result>[]) => string | HistoryFault | undefined

export interface HistoryFault {
  /** What a report calls it: `not linearizable (register)`; `history` when not given. */
  readonly check?: string
  readonly message: string
  /** The answer that cannot be. */
  readonly record: OperationRecord<unknown, unknown>
}
