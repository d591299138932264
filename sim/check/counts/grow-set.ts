import { HistoryError } from '../history/history-error.js'
import type { History, OperationRecord } from '../history.js'
import { show } from '../show.js'
import { valueKey } from '../value-key.js'
import { acknowledgedAt, type Finding, nameOf } from './finding.js'

export type GrowSetOp = { readonly f: 'add'; readonly value: unknown } | { readonly f: 'read' }

export interface GrowSetOptions {
  /** Whether every read must show what was acknowledged before it began; when not, only the last must. True when not given. */
  readonly linearizable?: boolean
}

/**
 * Jepsen's sets (`set-full`), which clients add unique elements to and read whole:
 *
 * - lost: an element that was acknowledged, or read, is in no read that began later
 * - stale: such an element is missing in one read, and is in a later one
 * - unexpected: a read shows what nobody added, or what certainly failed
 * - duplicate: a read shows an element twice
 */
export function checkGrowSet(history: History<GrowSetOp, unknown>, { linearizable = true }: GrowSetOptions = {}): Finding[] {
  const findings: Finding[] = []
  const reads = history.filter(({ op, outcome }) => op.f === 'read' && outcome.kind === 'ok').map((record) => readOf(record))
  const elements = new Map<ReturnType<typeof valueKey>, Element>()
  for (const record of history) {
    if (record.op.f !== 'add') continue
    const key = valueKey(record.op.value)
    if (elements.has(key)) throw new HistoryError(`${show(record.op.value)} is added twice: elements must be unique`)
    elements.set(key, { record, value: record.op.value, hasFailed: record.outcome.kind === 'fail', knownAt: acknowledgedAt(record) })
  }
  for (const { record, keys, values } of reads) {
    const seen = new Set<ReturnType<typeof valueKey>>()
    for (const [i, key] of keys.entries()) {
      const element = elements.get(key)
      if (seen.has(key)) findings.push({ name: 'duplicate', message: `${nameOf(record)} shows ${show(values[i])} twice`, record })
      seen.add(key)
      if (element === undefined || element.hasFailed) {
        const why = element === undefined ? 'which nobody added' : `and ${nameOf(element.record)} of it failed`
        findings.push({ name: 'unexpected', message: `${nameOf(record)} shows ${show(values[i])}, ${why}`, record })
      } else {
        element.knownAt = Math.min(element.knownAt, record.completedAtStep!)
      }
    }
  }
  const sets = reads.map(({ record, keys }) => ({ record, keys: new Set(keys) }))
  for (const [key, { value, knownAt, record: added, hasFailed }] of elements) {
    if (hasFailed || knownAt === Number.POSITIVE_INFINITY) continue
    const later = sets.filter(({ record }) => record.invokedAtStep > knownAt)
    const without = later.filter(({ keys }) => !keys.has(key))
    const [first] = without
    if (first === undefined) continue
    const isSeenLater = later.some(({ record, keys }) => keys.has(key) && record.completedAtStep! > without.at(-1)!.record.invokedAtStep)
    const what = `${show(value)}, which ${nameOf(added)} put in, is missing in ${nameOf(first.record)}`
    if (!isSeenLater) findings.push({ name: 'lost', message: `${what}, and in the reads after it`, record: first.record })
    else if (linearizable) findings.push({ name: 'stale', message: `${what}, and is shown again later`, record: first.record })
  }
  return findings
}

interface Element {
  readonly record: OperationRecord<GrowSetOp, unknown>
  readonly value: unknown
  readonly hasFailed: boolean
  knownAt: number
}

function readOf(record: OperationRecord<GrowSetOp, unknown>): {
  readonly record: OperationRecord<GrowSetOp, unknown>
  readonly values: readonly unknown[]
  readonly keys: readonly ReturnType<typeof valueKey>[]
} {
  const result = record.outcome.kind === 'ok' ? record.outcome.result : undefined
  if (!Array.isArray(result)) throw new HistoryError(`${nameOf(record)} shows ${show(result)}, and a read of a set shows a list`)
  return { record, values: result, keys: result.map(valueKey) }
}
