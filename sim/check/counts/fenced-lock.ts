import { addTo } from '../groups.js'
import type { History, OperationRecord } from '../history.js'
import { checkLinearizable } from '../linearizability/linearizable.js'
import { type Key, type LockOp, lock } from '../linearizability/models.js'
import { show } from '../show.js'
import { type Finding, nameOf } from './finding.js'

/**
 * Locks that answer an acquisition with a fencing token, a number, or with `true`: one holder at a time (`two-holders`), as the model `lock` has it, and a
 * token higher than that of every acquisition that was answered before (`token-not-higher`).
 */
export function checkLocks(history: History<LockOp, unknown>): Finding[] {
  const findings: Finding[] = []
  const tokens = new Map<Key, { readonly record: OperationRecord<LockOp, unknown>; readonly token: number }[]>()
  for (const record of history) {
    if (record.op.f !== 'acquire' || record.outcome.kind !== 'ok' || typeof record.outcome.result !== 'number') continue
    const token = record.outcome.result
    const name = record.op.name ?? ''
    const before = (tokens.get(name) ?? []).find((one) => one.record.completedAtStep! < record.invokedAtStep && one.token >= token)
    if (before !== undefined)
      findings.push({
        name: 'token-not-higher',
        message: `${nameOf(record)} was given token ${show(token)}, after ${nameOf(before.record)} had been given ${show(before.token)}`,
        record,
      })
    addTo(tokens, name, { record, token })
  }
  const found = checkLinearizable(lock(), history)
  if (found.verdict === 'no') findings.push({ name: 'two-holders', message: found.message, record: found.at })
  return findings
}
