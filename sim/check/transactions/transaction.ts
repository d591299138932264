import { HistoryError } from '../history/history-error.js'
import type { History, OperationRecord } from '../history.js'
import type { Key } from '../linearizability/models.js'
import { show } from '../show.js'
import { timeText } from '../time-text.js'

/**
 * One step of a transaction. A read is asked for with null, and answered with the list or the value. A scan reads all keys that begin with a text (all keys:
 * null), and is answered with an object of those that have a value: it notices keys that appear later.
 */
export type MicroOp =
  | readonly ['r', Key, unknown]
  | readonly ['append', Key, unknown]
  | readonly ['w', Key, unknown]
  | readonly ['scan', string | null, Readonly<Record<string, unknown>> | null]

export interface TransactionOp {
  readonly f: 'txn'
  readonly value: readonly MicroOp[]
}
/** The steps, with what was read. */
export type TransactionResult = readonly MicroOp[]
export type TransactionRecord = OperationRecord<TransactionOp, TransactionResult>

/** A transaction of a history, as judges see it. */
export interface Transaction {
  /** Its place among the transactions of the history. */
  readonly index: number
  readonly record: TransactionRecord
  readonly client: number
  /** `unknown` ones count once a committed transaction has seen one of their writes: then they have committed. */
  readonly fate: 'committed' | 'unknown' | 'aborted'
  readonly steps: readonly MicroOp[]
  /** Whether its reads are known. */
  readonly hasReads: boolean
  readonly invokedAt: number
  /** Infinity when nobody knows when it ended. */
  readonly completedAt: number
}

/** Throws `HistoryError` for what is no transaction over lists (`writes` is `append`) or registers (`w`). */
export function transactionsOf(history: History<TransactionOp, TransactionResult>, writes: 'append' | 'w'): Transaction[] {
  return history.map((record, index) => {
    const { outcome, op, client } = record
    const known = outcome.kind === 'ok' ? outcome.result : outcome.seen
    const steps = known ?? op.value
    for (const step of steps) checkStep(step, writes)
    return {
      index,
      record,
      client,
      fate: outcome.kind === 'ok' ? 'committed' : outcome.kind === 'fail' ? 'aborted' : 'unknown',
      steps,
      hasReads: known !== undefined,
      invokedAt: record.invokedAtStep,
      completedAt: outcome.kind === 'ok' ? record.completedAtStep! : Number.POSITIVE_INFINITY,
    }
  })
}

function checkStep(step: MicroOp, writes: 'append' | 'w'): void {
  const [f, key] = step
  if (f !== 'r' && f !== 'scan' && f !== writes) throw new HistoryError(`a step of a transaction is 'r', 'scan' or '${writes}', not ${show(step)}`)
  if (f === 'scan' ? key !== null && typeof key !== 'string' : typeof key !== 'string' && typeof key !== 'number')
    throw new HistoryError(`a step of a transaction names its key, as in ["r", "x", null]: ${show(step)}`)
}

/** Keys are compared as texts: a JSON object and a scan have no other. */
export const keyOf = (key: Key): string => String(key)

/** `T3 (client-2, 0.120 s to 0.125 s)`. */
export function nameOf({ index, record, client }: Transaction): string {
  const { invokedAt: began, completedAt: ended } = record
  return `T${index} (client-${client}, ${timeText(began, ended ?? began)} ${ended === null ? 'never answered' : `to ${timeText(ended, began)}`})`
}
