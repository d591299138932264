import type { OperationRecord } from '../../sim/check/history.js'
import { ConsumeFailed, type Consumer, type Polled } from '../../systems/broker/consumer.js'
import type { RecordAt } from '../../systems/broker/record.js'
import type { BrokerOperation, BrokerResult } from './operations.js'

/** What is read back, and how a record's value is told. */
export interface ReadBack {
  readonly topic: string
  readonly history: readonly OperationRecord<BrokerOperation, BrokerResult>[]
  value(record: RecordAt): number
}

/**
 * Reads every acknowledged record through fetches, each partition from its first offset to the last acknowledged one. null: all are there, at the offset and
 * with the value that were acknowledged; else the first that is not. Rejects with a `NetError` when a broker does not answer.
 */
export async function readBack(consumer: Consumer, { topic, history, value }: ReadBack): Promise<string | null> {
  const ends = acknowledgedEnds(history)
  for (const [partition, acknowledged] of acknowledgedByPartition(history)) {
    const end = ends[partition] ?? 0
    consumer.seek(topic, partition, 0)
    while (consumer.position(topic, partition) < end) {
      const polled = await pollOnce(consumer, topic, partition)
      if (typeof polled === 'string') return polled
      for (const record of polled.records) {
        const wanted = acknowledged.get(record.offset)
        if (wanted === undefined) continue
        const found = value(record)
        if (found !== wanted) return `partition ${partition}, offset ${record.offset}: ${wanted} was acknowledged there, and ${found} is read`
        acknowledged.delete(record.offset)
      }
      if (polled.nextPosition === polled.position)
        return `partition ${partition}: nothing is read at offset ${polled.position}, and records before ${end} were acknowledged`
    }
    const [missing] = acknowledged
    if (missing !== undefined) return `partition ${partition}, offset ${missing[0]}: ${missing[1]} was acknowledged there, and no record is read`
  }
  return null
}

async function pollOnce(consumer: Consumer, topic: string, partition: number): Promise<Polled | string> {
  try {
    return await consumer.poll(topic, partition)
  } catch (error) {
    if (!(error instanceof ConsumeFailed)) throw error
    return `partition ${partition}: a fetch at offset ${consumer.position(topic, partition)} was refused with ${error.error}`
  }
}

/** By partition: offset to value. */
function acknowledgedByPartition(history: ReadBack['history']): Map<number, Map<number, number>> {
  const partitions = new Map<number, Map<number, number>>()
  for (const { op, outcome } of history) {
    if (op.f !== 'produce' || outcome.kind !== 'ok' || outcome.result.f !== 'produced') continue
    let acknowledged = partitions.get(op.partition)
    if (acknowledged === undefined) {
      acknowledged = new Map()
      partitions.set(op.partition, acknowledged)
    }
    const { offsets } = outcome.result
    for (let i = 0; i < offsets.length; i++) {
      const offset = offsets[i]
      if (typeof offset === 'number') acknowledged.set(offset, op.values[i] as number)
    }
  }
  return partitions
}

/** By partition: the offset after the last record that was acknowledged; nothing where none was. */
export function acknowledgedEnds(history: ReadBack['history']): number[] {
  const ends: number[] = []
  for (const { op, outcome } of history) {
    if (op.f !== 'produce' || outcome.kind !== 'ok' || outcome.result.f !== 'produced') continue
    let end = ends[op.partition] ?? 0
    for (const offset of outcome.result.offsets) if (typeof offset === 'number' && offset >= end) end = offset + 1
    ends[op.partition] = end
  }
  return ends
}
