import type { History, OperationRecord } from '../history.js'
import { show } from '../show.js'
import { valueKey } from '../value-key.js'
import { type Finding, nameOf } from './finding.js'

export type GenerateOp = { readonly f: 'generate' }

/** Jepsen's unique identifiers: none is given out twice (`duplicate`). */
export function checkUniqueIds(history: History<GenerateOp, unknown>): Finding[] {
  const given = new Map<ReturnType<typeof valueKey>, OperationRecord<GenerateOp, unknown>>()
  return history.flatMap((record): Finding[] => {
    if (record.outcome.kind !== 'ok') return []
    const key = valueKey(record.outcome.result)
    const before = given.get(key)
    if (before === undefined) given.set(key, record)
    return before === undefined
      ? []
      : [{ name: 'duplicate', message: `${show(record.outcome.result)} is given to ${nameOf(before)} and to ${nameOf(record)}`, record }]
  })
}
