import { Misuse } from '../../host/errors.js'
import type { History, OperationRecord } from '../history.js'
import { timeText } from '../time-text.js'
import { answerOf } from './search-events.js'
import { rejected, type SequentialModel } from './sequential-model.js'

/** Names the operation that pins the state which `at` contradicts: the one that made it, if it was answered before `at` began, or else the first that saw it. */
export function explain<Op, Result>(given: SequentialModel<Op, Result>, prefix: History<Op, Result>, at: OperationRecord<Op, Result>): string {
  const model = given.fresh?.() ?? given
  let state = model.initial
  let since = 0
  for (const [index, record] of prefix.entries()) {
    const next = model.apply(state, record.op, answerOf(model, record), record.client)
    if (next === rejected) throw new Misuse(`model ${model.name} answers differently when it is asked again`)
    if (next !== state) since = index
    state = next
  }
  for (let index = since; index < prefix.length; index++) {
    const record = prefix[index]!
    if (answerOf(model, record).kind === 'unknown' || record.completedAtStep === null || record.completedAtStep > at.invokedAtStep) continue
    const evidence = index === since && !model.reads?.(record.op) ? `${client(record)}'s ${model.noun(record.op)} was acknowledged` : did(model, record)
    return `${did(model, at)} at ${timeText(at.completedAt!, record.completedAt!)}, after ${evidence} at ${timeText(record.completedAt!, at.completedAt!)}`
  }
  return `${tell(model, at)}, which no order of the operations until then explains`
}

/** Of a search that was given up. */
export function undecided<Op, Result>(model: SequentialModel<Op, Result>, at: OperationRecord<Op, Result>, steps: number): string {
  return `undecided after ${grouped(steps)} steps, at ${tell(model, at)}`
}

const client = (record: OperationRecord<unknown, unknown>): string => `client-${record.client}`

function did<Op, Result>(model: SequentialModel<Op, Result>, record: OperationRecord<Op, Result>): string {
  return `${client(record)} ${model.tell(record.op, answerOf(model, record))}`
}

function tell<Op, Result>(model: SequentialModel<Op, Result>, record: OperationRecord<Op, Result>): string {
  return `${did(model, record)} at ${timeText(record.completedAt!)}`
}

/** 20000000 as 20,000,000. */
const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',')
