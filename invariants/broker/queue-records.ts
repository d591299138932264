import type { OperationRecord } from '../../sim/check/history.js'
import type { DoneStep, QueueAnswer, QueueOperation, QueueRecord } from '../../sim/check/queue/queue-operation.js'
import type { BrokerOperation, BrokerResult, ProducedResult, ProduceOperation } from './operations.js'

type Recorded = OperationRecord<BrokerOperation, BrokerResult>

/** The history as Jepsen's Kafka workload would have it, with the record that each of its records is of. A partition is a key; a produce is a transaction of sends. */
export function queueRecords(history: readonly Recorded[]): Map<QueueRecord, Recorded> {
  const records = new Map<QueueRecord, Recorded>()
  for (const record of history) for (const one of recordsOf(record)) records.set(one, record)
  return records
}

function recordsOf(record: Recorded): QueueRecord[] {
  const { op, outcome } = record
  const result = outcome.kind === 'ok' ? outcome.result : undefined
  if (op.f === 'produce') return sendsOf(record, op, result?.f === 'produced' ? result : undefined)
  // Out of range: nothing was polled.
  const polled = result?.f === 'consumed' ? result.records.map(({ offset, value }) => [offset, value] as const) : []
  if (polled.length === 0) return []
  return [told(record, { f: 'poll', value: [['poll']] }, { kind: 'ok', result: { steps: [['poll', { [op.partition]: polled }]] } })]
}

/** One answer may say of some values that they are appended, of others that nobody knows, or that they certainly are not: those are transactions of their own. */
function sendsOf(record: Recorded, { partition, values }: ProduceOperation, result: ProducedResult | undefined): QueueRecord[] {
  const known: DoneStep[] = []
  const unknown: number[] = []
  const failed: number[] = []
  for (const [i, value] of values.entries()) {
    const offset = result?.offsets[i] ?? 'unknown'
    if (offset === 'failed' || record.outcome.kind === 'fail') failed.push(value)
    else if (offset === 'unknown') unknown.push(value)
    else known.push(['send', partition, [offset, value]])
  }
  const sends = (some: readonly number[]): QueueOperation => ({ f: 'send', value: some.map((value) => ['send', partition, value]) })
  const records: QueueRecord[] = []
  if (known.length > 0)
    records.push(
      told(
        record,
        { f: 'send', value: known.map(([, key, pair]) => ['send', key as number, (pair as readonly unknown[])[1]]) },
        { kind: 'ok', result: { steps: known } },
      ),
    )
  if (unknown.length > 0) records.push(told(record, sends(unknown), { kind: 'unknown' }))
  if (failed.length > 0) records.push(told(record, sends(failed), { kind: 'fail', error: 'certainly not appended' }))
  return records
}

function told(record: Recorded, op: QueueOperation, outcome: OperationRecord<QueueOperation, QueueAnswer>['outcome']): QueueRecord {
  return { ...record, op, outcome }
}
