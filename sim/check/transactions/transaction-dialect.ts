import { bare } from '../history/event-fields.js'
import { HistoryError } from '../history/history-error.js'
import type { Dialect, HistoryEvent } from '../history/history-event.js'
import type { Key } from '../linearizability/models.js'
import { show } from '../show.js'
import type { MicroOp, TransactionOp, TransactionResult } from './transaction.js'

/** Transactions as Elle reads them: the value is a list of steps, `[[:append x 1] [:r y nil]]`; an answer shows what was read. */
export const transactionDialect: Dialect<TransactionOp, TransactionResult> = {
  read(invocation, completion) {
    const op: TransactionOp = { f: 'txn', value: stepsOf(invocation) }
    if (completion === undefined) return { op, outcome: { kind: 'unknown' } }
    const error = completion.error === undefined ? undefined : typeof completion.error === 'string' ? completion.error : show(completion.error)
    switch (completion.type) {
      case 'ok':
        return { op, outcome: { kind: 'ok', result: stepsOf(completion) } }
      case 'fail':
        return { op, outcome: { kind: 'fail', error: error ?? '' } }
      default:
        return { op, outcome: { kind: 'unknown', ...(error === undefined ? {} : { error }) } }
    }
  },
  write({ value }, outcome) {
    const steps = written(value)
    if (outcome.kind === 'ok') return { f: 'txn', value: steps, answer: { type: 'ok', value: written(outcome.result) } }
    const type = outcome.kind === 'fail' ? 'fail' : 'info'
    return { f: 'txn', value: steps, answer: { type, value: steps, ...(outcome.error ? { error: outcome.error } : {}) } }
  },
}

function stepsOf({ value, line }: HistoryEvent): MicroOp[] {
  if (!Array.isArray(value)) throw new HistoryError(`the value of a transaction is a list of steps, not ${show(value)}`, line)
  return value.map((step: unknown) => {
    if (!Array.isArray(step) || step.length < 2 || typeof step[0] !== 'string')
      throw new HistoryError(`${show(step)} is no step of a transaction, such as [:r x nil]`, line)
    const [f, key, shown] = step as [string, Key, unknown]
    return [bare(f), key, shown ?? null] as unknown as MicroOp
  })
}

const written = (steps: readonly MicroOp[]): unknown => steps.map(([f, key, value]) => [`:${f}`, key, value])
