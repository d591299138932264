import { crc32c } from '../raft/crc32c.js'
import { readInt32, readUint32, writeInt32 } from './big-endian.js'
import { decodeCheckpoint, encodeCheckpoint, type LogCheckpoint } from './log-checkpoint.js'
import { chained } from './log-tail.js'
import { baseOffset, batchFault, batchSize, nextOffset } from './record-batch.js'

/** A whole log as bytes: CRC-32C of the rest (uint32), length of the checkpoint (int32), the checkpoint, all batches. */
export function encodeSnapshot(checkpoint: LogCheckpoint, parts: readonly Uint8Array[]): Uint8Array {
  const head = encodeCheckpoint(checkpoint)
  const bytes = new Uint8Array(8 + head.length + parts.reduce((sum, part) => sum + part.length, 0))
  writeInt32(bytes, 4, head.length)
  bytes.set(head, 8)
  let at = 8 + head.length
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  writeInt32(bytes, 0, crc32c(bytes, 4, bytes.length) | 0)
  return bytes
}

/** Views on the batches, in order. null: damaged, or not the log that its checkpoint tells of. */
export function decodeSnapshot(bytes: Uint8Array): { checkpoint: LogCheckpoint; batches: readonly Uint8Array[] } | null {
  if (bytes.length < 8 || readUint32(bytes, 0) !== crc32c(bytes, 4, bytes.length)) return null
  const at = 8 + readInt32(bytes, 4)
  const checkpoint = decodeCheckpoint(bytes.subarray(8, at))
  if (checkpoint === null) return null
  const batches = batchesOf(checkpoint, [bytes.subarray(at)])
  return batches === null ? null : { checkpoint, batches }
}

/** Views on the batches that these parts hold, in order. null: they are not the log that the checkpoint tells of, every batch whole. */
export function batchesOf(checkpoint: LogCheckpoint, parts: readonly Uint8Array[]): readonly Uint8Array[] | null {
  const batches: Uint8Array[] = []
  let chain = 0
  let end = checkpoint.startOffset
  for (const part of parts) {
    for (let at = 0; at < part.length; at += batchSize(part, at)) {
      if (batchFault(part, at) !== null || baseOffset(part, at) !== end) return null
      end = nextOffset(part, at)
      chain = chained(chain, part, at)
      batches.push(part.subarray(at, at + batchSize(part, at)))
    }
  }
  return end === checkpoint.endOffset && chain === checkpoint.chain ? batches : null
}
