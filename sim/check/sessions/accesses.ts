import { HistoryError } from '../history/history-error.js'
import type { History, OperationRecord } from '../history.js'
import type { KvOp, RegisterOp } from '../linearizability/models.js'
import { show } from '../show.js'
import { valueKey } from '../value-key.js'

/** A version of a key: the value that was written, which is unique, or `initial`. */
export type Version = ReturnType<typeof valueKey> | typeof initial
export const initial = Symbol.for('seedfall.initial-version')

/** One read or write of one key, in the order of its session. */
export interface Access {
  readonly record: OperationRecord<unknown, unknown>
  readonly client: number
  readonly key: string
  readonly kind: 'read' | 'write'
  readonly version: Version
  readonly shown: unknown
  /** A write in doubt may take effect at any later time: what its client does next does not follow it for certain. */
  readonly isCertain: boolean
}

/** Reads and writes of registers (`read`, `write`) and maps (`get`, `put`), whose values must be unique for each key. Throws `HistoryError` for anything else. */
export function accessesOf(history: History<RegisterOp | KvOp, unknown>): {
  readonly accesses: Access[]
  readonly writers: ReadonlyMap<string, ReadonlyMap<Version, Access>>
} {
  const accesses: Access[] = []
  const writers = new Map<string, Map<Version, Access>>()
  for (const record of history) {
    const { op, outcome, client } = record
    const key = 'key' in op ? String(op.key) : ''
    if (op.f === 'read' || op.f === 'get') {
      if (outcome.kind !== 'ok') continue
      accesses.push({ record, client, key, kind: 'read', version: versionOf(outcome.result), shown: outcome.result, isCertain: true })
    } else if (op.f === 'write' || op.f === 'put') {
      if (outcome.kind === 'fail') continue
      const isCertain = outcome.kind === 'ok' && outcome.result !== false
      const access: Access = { record, client, key, kind: 'write', version: valueKey(op.value), shown: op.value, isCertain }
      const known = writers.get(key) ?? new Map<Version, Access>()
      if (known.has(access.version))
        throw new HistoryError(`${show(op.value)} is written to key ${show(key)} twice: to judge sessions, values must be unique for each key`)
      writers.set(key, known.set(access.version, access))
      accesses.push(access)
    } else {
      throw new HistoryError(`'${op.f}' is neither a read nor a write: sessions are judged of read, write, get and put`)
    }
  }
  return { accesses, writers }
}

/** Values that stand for nothing are the initial version. */
function versionOf(result: unknown): Version {
  const isNothing = result === null || result === undefined || result === '' || result === 0 || result === false
  return isNothing ? initial : valueKey(result)
}
