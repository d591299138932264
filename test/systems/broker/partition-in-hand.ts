import { expect } from 'vitest'
import { Partition } from '../../../systems/broker/partition.js'
import { type LogOptions, logDefaults } from '../../../systems/broker/partition-log.js'
import { batchFault, batchSize, decodeRecords, encodeBatch } from '../../../systems/broker/record-batch.js'
import type { ImageDisk } from '../raft/image-disk.js'

export const small: LogOptions = { ...logDefaults, segmentBytes: 600, indexIntervalBytes: 150, cacheBytes: 300, writeBytes: 200 }

/** The entry at `index` of a replicated log: one to three records that say where they belong. */
export function entry(index: number): Uint8Array {
  const records = Array.from({ length: (index % 3) + 1 }, (_, i) => ({
    key: null,
    value: new Uint8Array((index * 7) % 60).fill(i),
    timestamp: 1_000 + index * 10 + i,
  }))
  return encodeBatch(records, { producer: { id: 5, epoch: 0, sequence: offsetOf(index) } })
}
/** Where the entry's batch belongs when all entries from 1 on are applied. */
export function offsetOf(index: number): number {
  let offset = 0
  for (let i = 1; i < index; i++) offset += (i % 3) + 1
  return offset
}
export function partitionOn(disk: ImageDisk, options = small, failed: (error: unknown) => void = (error) => expect.unreachable(String(error))): Partition {
  return new Partition(disk, 'events', 0, 'events-0/log', { log: options, maxProducers: 10 }, { changes: 0 }, failed)
}
export async function opened(disk: ImageDisk, options = small): Promise<Partition> {
  const partition = partitionOn(disk, options)
  await partition.open()
  return partition
}
export function applyTo(partition: Partition, index: number): void {
  while (partition.appliedIndex < index) {
    const next = partition.appliedIndex + 1
    expect(partition.apply(next, 1, entry(next))).toMatchObject({ kind: 'appended', baseOffset: offsetOf(next) })
  }
}
export async function readAll(partition: Partition, maxBytes: number): Promise<Uint8Array[]> {
  const { log } = partition
  const batches: Uint8Array[] = []
  for (let offset = log.startOffset; offset < log.endOffset; ) {
    const bytes = await log.read(offset, maxBytes, log.endOffset)
    for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
      expect(batchFault(bytes, at)).toBeNull()
      batches.push(bytes.slice(at, at + batchSize(bytes, at)))
    }
    offset = offsetOf(batches.length + 1)
  }
  return batches
}
export async function expectWhole(partition: Partition, index: number): Promise<void> {
  expect(partition.appliedIndex).toBe(index)
  expect(partition.log.endOffset).toBe(offsetOf(index + 1))
  for (const maxBytes of [1, 500, 100_000]) {
    const batches = await readAll(partition, maxBytes)
    expect(batches.length).toBe(index)
    for (const [i, batch] of batches.entries()) {
      const values = decodeRecords(batch).map((record) => ({ offset: record.offset, value: record.value }))
      const expected = decodeRecords(entry(i + 1)).map((record) => ({ offset: offsetOf(i + 1) + record.offset, value: record.value }))
      expect(values).toEqual(expected)
    }
  }
}
/** Lets everything that can settle do so. */
export const settle = () => new Promise((resolve) => setImmediate(resolve))
