import { Misuse } from '../../host/errors.js'
import type { OperationRecord } from '../history.js'
import type { Answer, SequentialModel } from './sequential-model.js'

export const unanswered = { kind: 'unknown' } as const

/** What a record's answer counts as. */
export function answerOf<Op, Result>(model: SequentialModel<Op, Result>, record: OperationRecord<Op, Result>): Answer<Result> {
  const { outcome } = record
  return outcome.kind === 'ok' && !model.uncertain?.(record.op, outcome.result) ? outcome : unanswered
}

export interface SearchEvent {
  readonly kind: 'invocation' | 'answer'
  readonly operation: number
}

/**
 * Invocations and completions in real time. Within one step, which belongs to one client, a client's operations follow one another in the history's order.
 */
export function eventsOf<Op, Result>(model: SequentialModel<Op, Result>, records: readonly OperationRecord<Op, Result>[]): SearchEvent[] {
  const events: (SearchEvent & { readonly step: number })[] = []
  for (const [operation, record] of records.entries()) {
    events.push({ kind: 'invocation', operation, step: record.invokedAtStep })
    if (answerOf(model, record).kind === 'ok') {
      if (record.completedAtStep === null) throw new Misuse(`operation ${operation} of a history was answered at no step`)
      if (record.completedAtStep < record.invokedAtStep) throw new Misuse(`operation ${operation} of a history was answered before its invocation`)
      events.push({ kind: 'answer', operation, step: record.completedAtStep })
    }
  }
  // Sorting is stable, and an operation's invocation stands before its answer.
  return events.sort((a, b) => a.step - b.step || a.operation - b.operation)
}
