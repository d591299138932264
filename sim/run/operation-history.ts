import type { HistoryFault, HistoryWatch, OperationOutcome, OperationRecord } from '../check/history.js'
import type { Nanos } from '../host/seam.js'

/** An operation under way; it becomes a record of the history as it is. */
export interface OpenOperation {
  readonly client: number
  readonly op: unknown
  readonly invokedAtStep: number
  readonly invokedAt: Nanos
  completedAtStep: number | null
  completedAt: Nanos | null
  outcome: OperationOutcome<unknown>
}

/** What clients invoked and what was answered, in the order of invocation. */
export class OperationHistory {
  readonly #records: OpenOperation[] = []
  #open = 0
  /** All records before this one are answered. */
  #answered = 0
  /** Virtual time of the last completion: what stall detection calls progress. */
  lastProgress: Nanos = 0

  constructor(
    /** A judge that watches it grow. */
    readonly watch?: HistoryWatch<unknown, unknown>,
    readonly onFault: (fault: HistoryFault) => void = () => {},
  ) {}

  get records(): readonly OperationRecord<unknown, unknown>[] {
    return this.#records
  }

  get openCount(): number {
    return this.#open
  }

  invoke(client: number, op: unknown, step: number, at: Nanos): OpenOperation {
    const operation: OpenOperation = { client, op, invokedAtStep: step, invokedAt: at, completedAtStep: null, completedAt: null, outcome: { kind: 'unknown' } }
    this.#records.push(operation)
    this.#open++
    this.watch?.invoked(operation)
    return operation
  }

  complete(operation: OpenOperation, outcome: OperationOutcome<unknown>, step: number, at: Nanos): void {
    this.#open--
    operation.outcome = outcome
    operation.completedAtStep = step
    operation.completedAt = at
    this.lastProgress = at
    const fault = this.watch?.completed(operation)
    if (fault !== undefined) this.onFault(fault)
  }

  /** The oldest operation that is not answered yet. */
  oldest(): OpenOperation | undefined {
    for (;;) {
      const record = this.#records[this.#answered]
      if (record === undefined || record.completedAtStep === null) return record
      this.#answered++
    }
  }

  /** Operations not answered yet, oldest first. */
  unfinished(): OpenOperation[] {
    return this.#records.filter((record) => record.completedAtStep === null)
  }
}
