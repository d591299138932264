import type { Disk, File } from '../../sim/host/seam.js'
import { CorruptLog } from '../raft/wal-recovery.js'
import type { LogCheckpoint } from './log-checkpoint.js'
import { chained } from './log-tail.js'
import { baseOffset, batchFault, batchSize } from './record-batch.js'
import { Segment, segmentName, segmentOffset } from './segment.js'

/**
 * The segments of a generation up to its checkpoint's end. Only the last is read, every CRC checked and the indexes built anew; those before it
 * were complete when a checkpoint was first written behind them, and are read at their first use (`loadSegment`). What lies beyond the end is a
 * torn or untold tail: it is cut, since the replicated log brings it again. Throws `CorruptLog` for any fault before the end.
 */
export async function recoverSegments(disk: Disk, directory: string, checkpoint: LogCheckpoint, indexIntervalBytes: number): Promise<Segment[]> {
  const segments: Segment[] = []
  let cut = false
  for (const name of await disk.list(directory)) {
    const base = segmentOffset(name)
    const path = `${directory}/${name}`
    if (base === null || base > checkpoint.segment || checkpoint.position === 0) {
      await disk.remove(path)
      cut = true
      continue
    }
    const before = segments.at(-1)
    if (before === undefined && base !== checkpoint.startOffset) throw new CorruptLog(`${directory}: no segment holds offset ${checkpoint.startOffset}`)
    if (before !== undefined) before.endOffset = base
    segments.push(Segment.found(path, base))
  }
  if (cut) await disk.syncDirectory(directory)
  const last = segments.at(-1)
  if (checkpoint.position === 0) return segments
  if (last?.baseOffset !== checkpoint.segment) throw new CorruptLog(`${directory}: no segment begins at offset ${checkpoint.segment}`)
  const file = await last.file(disk)
  const chain = await scan(file, last, checkpoint.position, indexIntervalBytes, checkpoint.segmentChain)
  if (last.endOffset !== checkpoint.endOffset || chain !== checkpoint.chain) {
    const [found, told] = [`${last.endOffset} with hash ${chain >>> 0}`, `${checkpoint.endOffset} with ${checkpoint.chain >>> 0}`]
    throw new CorruptLog(`${last.path}: the log ends at ${found}, not at ${told}`)
  }
  last.baseChain = checkpoint.segmentChain
  last.isLoaded = true
  if (file.size() > checkpoint.position) await file.truncate(checkpoint.position)
  last.written = checkpoint.position
  return segments
}

/** Reads a recovered segment that is not the last: checks every batch and builds the indexes. Throws `CorruptLog`. */
export async function loadSegment(disk: Disk, segment: Segment, indexIntervalBytes: number): Promise<void> {
  const { endOffset } = segment
  const file = await segment.file(disk)
  const end = file.size()
  segment.forget()
  try {
    await scan(file, segment, end, indexIntervalBytes, 0)
    if (segment.endOffset !== endOffset) throw new CorruptLog(`${segment.path}: the segment ends at ${segment.endOffset}, and the next begins at ${endOffset}`)
    segment.written = end
    segment.synced = end
    segment.isLoaded = true
  } finally {
    segment.endOffset = endOffset
  }
}

export function segmentPath(directory: string, base: number): string {
  return `${directory}/${segmentName(base)}`
}

/** Reads batches from the start of the file up to `end`; answers the chained hash. */
async function scan(file: File, segment: Segment, end: number, indexIntervalBytes: number, before: number): Promise<number> {
  if (end > file.size()) throw new CorruptLog(`${segment.path}: ${file.size()} bytes are left of ${end}`)
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
      chain = chained(chain, bytes, at)
      at += batchSize(bytes, at)
    }
    position += at
  }
  return chain
}

const scanBytes = 65_536
