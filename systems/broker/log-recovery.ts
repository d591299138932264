import type { Disk, File } from '../../sim/host/seam.js'
import { CorruptLog } from '../raft/wal-recovery.js'
import type { LogCheckpoint } from './log-checkpoint.js'
import { chained } from './log-tail.js'
import { baseOffset, batchCrc, batchFault, batchSize } from './record-batch.js'
import { Segment, segmentName, segmentOffset } from './segment.js'

/**
 * The segments of a generation up to its checkpoint's end, every batch's CRC checked and the indexes built anew. What lies beyond the end is a
 * torn or untold tail: it is cut, since the replicated log brings it again. Throws `CorruptLog` for any fault before the end.
 */
export async function recoverSegments(disk: Disk, directory: string, checkpoint: LogCheckpoint, indexIntervalBytes: number): Promise<Segment[]> {
  const segments: Segment[] = []
  let cut = false
  let chain = 0
  let expected = checkpoint.startOffset
  for (const name of await disk.list(directory)) {
    const base = segmentOffset(name)
    const path = `${directory}/${name}`
    if (base === null || base > checkpoint.segment) {
      await disk.remove(path)
      cut = true
      continue
    }
    if (base !== expected) throw new CorruptLog(`${directory}: no segment holds offset ${expected}`)
    const segment = new Segment(path, base)
    const file = await segment.file(disk)
    const last = base === checkpoint.segment
    const end = last ? checkpoint.position : file.size()
    if (end > file.size()) throw new CorruptLog(`${path}: ${file.size()} bytes are left of ${end}`)
    chain = await scan(file, segment, end, indexIntervalBytes, chain)
    if (file.size() > end) await file.truncate(end)
    segment.written = end
    // A cut is made durable by the next sync, together with what is written over it.
    segment.synced = last ? 0 : end
    segment.named = true
    expected = segment.endOffset
    segments.push(segment)
  }
  if (expected !== checkpoint.endOffset || chain !== checkpoint.chain) {
    throw new CorruptLog(`${directory}: the log ends at ${expected} with hash ${chain >>> 0}, not at ${checkpoint.endOffset} with ${checkpoint.chain >>> 0}`)
  }
  if (cut) await disk.syncDirectory(directory)
  return segments
}

export function segmentPath(directory: string, base: number): string {
  return `${directory}/${segmentName(base)}`
}

/** Reads batches from the start of the file up to `end`; answers the chained hash. */
async function scan(file: File, segment: Segment, end: number, indexIntervalBytes: number, before: number): Promise<number> {
  let chain = before
  let position = 0
  while (position < end) {
    let bytes = await file.readAt(position, Math.min(scanBytes, end - position))
    const needed = bytes.length < 12 ? 12 : batchSize(bytes, 0)
    if (needed > bytes.length && needed <= end - position) bytes = await file.readAt(position, needed)
    let at = 0
    while (at < bytes.length) {
      const fault = batchFault(bytes, at)
      if (fault === 'truncated' && at > 0 && position + bytes.length < end) break
      if (fault !== null) throw new CorruptLog(`${segment.path}: a batch at byte ${position + at} that was durable is damaged (${fault})`)
      if (baseOffset(bytes, at) !== segment.endOffset) {
        throw new CorruptLog(`${segment.path}: offset ${baseOffset(bytes, at)} follows ${segment.endOffset - 1}`)
      }
      segment.add(bytes, at, indexIntervalBytes)
      chain = chained(chain, batchCrc(bytes, at))
      at += batchSize(bytes, at)
    }
    position += at
  }
  return chain
}

const scanBytes = 65_536
