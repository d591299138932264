import { HistoryError } from '../history/history-error.js'
import type { History } from '../history.js'
import { show } from '../show.js'
import { acknowledgedAt, type Finding, nameOf } from './finding.js'

export type CounterOp = { readonly f: 'add'; readonly value: number } | { readonly f: 'read' }

export interface CounterOptions {
  /** 0 when not given. */
  readonly initial?: number
}

/**
 * Jepsen's counters: a read must show no less than all that was acknowledged before it began, with the decrements that may have happened, and no more than
 * that with the increments that may have happened until its answer.
 */
export function checkCounter(history: History<CounterOp, unknown>, { initial = 0 }: CounterOptions = {}): Finding[] {
  const adds = history.flatMap((record) => {
    if (record.op.f !== 'add' || record.outcome.kind === 'fail') return []
    const { value } = record.op
    if (typeof value !== 'number') throw new HistoryError(`${nameOf(record)} adds ${show(value)}, which is no number`)
    return [{ value, begins: record.invokedAtStep, known: acknowledgedAt(record) }]
  })
  return history.flatMap((record): Finding[] => {
    if (record.op.f !== 'read' || record.outcome.kind !== 'ok') return []
    const { result } = record.outcome
    if (typeof result !== 'number') throw new HistoryError(`${nameOf(record)} shows ${show(result)}, and a read of a counter shows a number`)
    let least = initial
    let most = initial
    for (const { value, begins, known } of adds) {
      if (begins > record.completedAtStep!) continue
      const isCertain = known < record.invokedAtStep
      if (isCertain || value < 0) least += value
      if (isCertain || value > 0) most += value
    }
    if (result >= least && result <= most) return []
    const between = least === most ? `it was ${least}` : `it was between ${least} and ${most}`
    return [{ name: 'out-of-bounds', message: `${nameOf(record)} shows ${result}, and ${between}`, record }]
  })
}
