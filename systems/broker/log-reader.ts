import type { Disk } from '../../sim/host/seam.js'
import { CorruptLog } from '../raft/wal-recovery.js'
import { baseOffset, batchCodec, batchFault, batchSize, decodeRecords, maxTimestamp, nextOffset } from './record-batch.js'
import type { Segment } from './segment.js'

/**
 * Whole batches of a segment's file from the one that holds `offset` on, none reaching beyond `limit`, in at most `maxBytes` but at least one.
 * The index says where to start, so that at most its interval is read in vain. Every CRC is checked: damage is answered by `CorruptLog`.
 */
export async function readBatches(
  disk: Disk,
  segment: Segment,
  offset: number,
  maxBytes: number,
  limit: number,
  indexIntervalBytes: number,
): Promise<Uint8Array> {
  const file = await segment.file(disk)
  const { written } = segment
  const relative = offset - segment.baseOffset
  let position = segment.offsets.floor(relative)
  // Where the next batch has to begin: no checksum covers a batch's base offset.
  let expected = segment.baseOffset + segment.offsets.floorKey(relative)
  let window = Math.max(maxBytes, 4_096) + indexIntervalBytes
  for (;;) {
    const bytes = await file.readAt(position, Math.min(window, written - position))
    let start = 0
    while (start < bytes.length && batchFault(bytes, start) === null && baseOffset(bytes, start) === expected && nextOffset(bytes, start) <= offset) {
      expected = nextOffset(bytes, start)
      start += batchSize(bytes, start)
    }
    const fault = batchFault(bytes, start)
    if (fault === 'truncated' && position + bytes.length < written) {
      // Longer than the window, or cut by its end: read on from here.
      window = Math.max(window, bytes.length - start >= 12 ? batchSize(bytes, start) : 0)
      position += start
      continue
    }
    if (fault !== null) throw new CorruptLog(`${segment.path}: the batch at byte ${position + start} is damaged (${fault})`)
    if (baseOffset(bytes, start) !== expected) throw new CorruptLog(`${segment.path}: offset ${baseOffset(bytes, start)} is where ${expected} comes next`)
    let end = start + batchSize(bytes, start)
    expected = nextOffset(bytes, start)
    while (batchFault(bytes, end) === null && nextOffset(bytes, end) <= limit && end + batchSize(bytes, end) - start <= maxBytes) {
      // What follows is for the next read to judge.
      if (baseOffset(bytes, end) !== expected) break
      expected = nextOffset(bytes, end)
      end += batchSize(bytes, end)
    }
    return bytes.subarray(start, end)
  }
}

/** The first record in these batches whose timestamp is at least this one's. A compressed batch is answered by its base offset. */
export function findTimestamp(batches: Uint8Array, timestamp: number): { record: { offset: number; timestamp: number } | null; nextOffset: number } {
  let next = 0
  for (let at = 0; at < batches.length; at += batchSize(batches, at)) {
    next = nextOffset(batches, at)
    if (maxTimestamp(batches, at) < timestamp) continue
    if (batchCodec(batches, at) !== 'none') return { record: { offset: baseOffset(batches, at), timestamp: maxTimestamp(batches, at) }, nextOffset: next }
    const record = decodeRecords(batches, at).find((candidate) => candidate.timestamp >= timestamp)
    if (record !== undefined) return { record: { offset: record.offset, timestamp: record.timestamp }, nextOffset: next }
  }
  return { record: null, nextOffset: next }
}
