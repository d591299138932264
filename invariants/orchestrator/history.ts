import type { HistoryFault, OperationRecord } from '../../sim/check/history.js'
import { linearizable } from '../../sim/check/linearizability/linearizable.js'
import type { KvOp } from '../../sim/check/linearizability/models.js'
import { apiModel } from './api-model.js'
import type { VmOperation, VmResult } from './operations.js'

export type VmHistory = readonly OperationRecord<VmOperation, VmResult>[]

/** The VM API is linearizable; so is the disk of each guest, whatever machines it lived on; and who answers at an address is whose it is. */
export function vmHistory(history: VmHistory): HistoryFault | string | undefined {
  for (const record of history) {
    const { outcome } = record
    if (outcome.kind !== 'ok' || outcome.result.kind !== 'value' || outcome.result.vm === outcome.result.expected) continue
    return { check: 'history (address)', message: `${outcome.result.vm} answered at the address of ${outcome.result.expected}`, record }
  }
  return judgeDisks(diskHistory(history)) ?? linearizable(apiModel)(history.filter(({ op: { f } }) => apiCalls.has(f)))
}

const apiCalls: ReadonlySet<string> = new Set(['create', 'start', 'stop', 'delete', 'look'])

const judgeDisks = linearizable('kv')

/** What clients wrote to guests' disks and read from them, as operations of a map from names to values. */
export function diskHistory(history: VmHistory): OperationRecord<KvOp, unknown>[] {
  const disks: OperationRecord<KvOp, unknown>[] = []
  for (const record of history) {
    const { op, outcome } = record
    if (op.f !== 'put' && op.f !== 'get') continue
    const kv: KvOp = op.f === 'put' ? { f: 'put', key: op.name, value: op.value } : { f: 'get', key: op.name }
    const result = outcome.kind === 'ok' ? { kind: 'ok' as const, result: outcome.result.kind === 'value' ? outcome.result.value : null } : outcome
    // An answered put took effect, whatever value it says.
    disks.push({ ...record, op: kv, outcome: op.f === 'put' && result.kind === 'ok' ? { kind: 'ok', result: true } : result })
  }
  return disks
}

/** What reading a disk now says of the history so far; null: it fits. */
export function lostWrite(history: VmHistory, name: string, value: number | null): string | null {
  const disks = diskHistory(history).filter(({ op }) => op.key === name)
  const last = disks.reduce((latest, { invokedAtStep, completedAtStep }) => Math.max(latest, invokedAtStep, completedAtStep ?? 0), 0)
  const read: OperationRecord<KvOp, unknown> = {
    client: 0,
    op: { f: 'get', key: name },
    invokedAtStep: last + 1,
    completedAtStep: last + 2,
    invokedAt: 0,
    completedAt: 0,
    outcome: { kind: 'ok', result: value },
  }
  return judgeDisks([...disks, read]) === undefined ? null : `the disk of ${name} holds ${value}, which no order of the writes explains`
}
