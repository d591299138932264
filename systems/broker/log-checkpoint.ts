import { crc32c } from '../raft/crc32c.js'
import { readInt32, readInt64, readUint32, writeInt32, writeInt64 } from './big-endian.js'

/**
 * What a partition's files hold for certain: written after the segments it speaks of were synced, and replaced atomically. It alone decides which
 * files count: the segments of its generation up to its end. All beyond is a tail that the replicated log brings again.
 */
export interface LogCheckpoint {
  /** Of the directory with the segments; rises when a snapshot replaces them all. */
  readonly generation: number
  /** Of the last entry of the replicated log that is applied. */
  readonly index: number
  readonly term: number
  readonly startOffset: number
  readonly endOffset: number
  /** Chained hash of all batches up to `endOffset`. */
  readonly chain: number
  /** Base offset of the segment that `endOffset` lies in, and its size up to there. */
  readonly segment: number
  readonly position: number
  /** Chained hash of all batches before that segment. */
  readonly segmentChain: number
  /** The producers' state, encoded. */
  readonly producers: Uint8Array
}

const format = 1
const headerSize = 76

/** CRC-32C of the rest, format, generation, index, term, start, end, segment, position, chain,
 * chain before the segment, length of the producers, producers; big-endian. */
export function encodeCheckpoint(checkpoint: LogCheckpoint): Uint8Array {
  const bytes = new Uint8Array(headerSize + checkpoint.producers.length)
  writeInt32(bytes, 4, format)
  writeInt64(bytes, 8, checkpoint.generation)
  writeInt64(bytes, 16, checkpoint.index)
  writeInt64(bytes, 24, checkpoint.term)
  writeInt64(bytes, 32, checkpoint.startOffset)
  writeInt64(bytes, 40, checkpoint.endOffset)
  writeInt64(bytes, 48, checkpoint.segment)
  writeInt64(bytes, 56, checkpoint.position)
  writeInt32(bytes, 64, checkpoint.chain)
  writeInt32(bytes, 68, checkpoint.segmentChain)
  writeInt32(bytes, 72, checkpoint.producers.length)
  bytes.set(checkpoint.producers, headerSize)
  writeInt32(bytes, 0, crc32c(bytes, 4, bytes.length) | 0)
  return bytes
}

/** null: not a whole checkpoint of this format. */
export function decodeCheckpoint(bytes: Uint8Array): LogCheckpoint | null {
  if (bytes.length < headerSize || readUint32(bytes, 0) !== crc32c(bytes, 4, bytes.length) || readInt32(bytes, 4) !== format) return null
  if (readInt32(bytes, 72) !== bytes.length - headerSize) return null
  return {
    generation: readInt64(bytes, 8),
    index: readInt64(bytes, 16),
    term: readInt64(bytes, 24),
    startOffset: readInt64(bytes, 32),
    endOffset: readInt64(bytes, 40),
    segment: readInt64(bytes, 48),
    position: readInt64(bytes, 56),
    chain: readInt32(bytes, 64),
    segmentChain: readInt32(bytes, 68),
    producers: bytes.slice(headerSize),
  }
}
