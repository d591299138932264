import { crc32c } from '../raft/crc32c.js'
import { readInt16, readInt32, readInt64, readUint32, writeInt16, writeInt32, writeInt64 } from './big-endian.js'
import { type NewRecord, type RecordAt, readRecords, recordsSize, writeRecords } from './record.js'

/**
 * Kafka's record batch, format 2 (KIP-98; "Record Batch" in Kafka's documentation, implementation / messages): what producers send, logs keep
 * and consumers get, byte for byte. All integers big-endian:
 *
 *     0  base offset int64            17  CRC-32C uint32 of bytes [21, end)    43  producer id int64, -1: none
 *     8  batch length int32 (of the   21  attributes int16                     51  producer epoch int16
 *        bytes after this field)      23  last offset delta int32              53  base sequence int32
 *    12  partition leader epoch int32 27  base timestamp int64, milliseconds   57  record count int32
 *    16  magic int8, 2                35  max timestamp int64, milliseconds    61  records
 *
 * The CRC leaves out base offset and leader epoch, so a broker stamps both without computing it anew.
 * Attributes: bits 0-2 codec, 3 timestamp type (1: log append time), 4 transactional, 5 control.
 */
export const headerSize = 61
/** Bytes before what `batch length` counts. */
const prefixSize = 12

export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Codec = (typeof codecs)[number]

export interface BatchOptions {
  readonly baseOffset?: number
  readonly leaderEpoch?: number
  /** Idempotent producers'; without it the batch has none (-1). */
  readonly producer?: ProducerStamp
  /** Attribute bits beside the codec's: transactional, control, timestamp type. */
  readonly attributes?: number
}
export interface ProducerStamp {
  readonly id: number
  readonly epoch: number
  /** Of the batch's first record. */
  readonly sequence: number
}

/** An uncompressed batch of one or more records. */
export function encodeBatch(records: readonly NewRecord[], options: BatchOptions = {}): Uint8Array {
  const first = records[0]
  if (first === undefined) throw new BatchError('empty', 'a batch has at least one record')
  const baseTimestamp = first.timestamp
  let maxTimestamp = baseTimestamp
  for (const { timestamp } of records) if (timestamp > maxTimestamp) maxTimestamp = timestamp
  const bytes = new Uint8Array(headerSize + recordsSize(records, baseTimestamp))
  writeInt64(bytes, 0, options.baseOffset ?? 0)
  writeInt32(bytes, 8, bytes.length - prefixSize)
  writeInt32(bytes, 12, options.leaderEpoch ?? -1)
  bytes[16] = 2
  writeInt16(bytes, 21, (options.attributes ?? 0) & ~7)
  writeInt32(bytes, 23, records.length - 1)
  writeInt64(bytes, 27, baseTimestamp)
  writeInt64(bytes, 35, maxTimestamp)
  writeInt64(bytes, 43, options.producer?.id ?? -1)
  writeInt16(bytes, 51, options.producer?.epoch ?? -1)
  writeInt32(bytes, 53, options.producer?.sequence ?? -1)
  writeInt32(bytes, 57, records.length)
  writeRecords(bytes, headerSize, records, baseTimestamp)
  writeInt32(bytes, 17, crc32c(bytes, 21, bytes.length) | 0)
  return bytes
}

export type BatchFault = 'truncated' | 'length' | 'magic' | 'crc' | 'empty' | 'count' | 'records' | 'codec'

/** Bytes that are no batch, or whose records cannot be read. */
export class BatchError extends Error {
  readonly code = 'corrupt-batch'
  override get name(): string {
    return 'BatchError'
  }
  constructor(
    readonly fault: BatchFault,
    message: string,
  ) {
    super(message)
  }
}

/** What is wrong with the batch at `at`, which may not pass `end`; null: whole, its CRC right. Looks at no single record. */
export function batchFault(bytes: Uint8Array, at = 0, end = bytes.length): BatchFault | null {
  if (end - at < headerSize) return 'truncated'
  const length = batchSize(bytes, at)
  if (length < headerSize) return 'length'
  if (length > end - at) return 'truncated'
  if (bytes[at + 16] !== 2) return 'magic'
  if (batchCrc(bytes, at) !== crc32c(bytes, at + 21, at + length)) return 'crc'
  const count = recordCount(bytes, at)
  if (count < 1) return 'empty'
  // A compacted batch may hold fewer records than its offsets span, never more.
  return count > lastOffsetDelta(bytes, at) + 1 ? 'count' : null
}

/** As `batchFault`, and what a broker asks of a producer's batch: it is all of the bytes, its records are whole and their offsets dense. */
export function producedBatchFault(bytes: Uint8Array): BatchFault | null {
  const fault = batchFault(bytes)
  if (fault !== null) return fault
  if (batchSize(bytes, 0) !== bytes.length) return 'length'
  if (recordCount(bytes, 0) !== lastOffsetDelta(bytes, 0) + 1) return 'count'
  if (batchCodec(bytes, 0) === undefined) return 'codec'
  if (batchCodec(bytes, 0) !== 'none') return null
  let dense = 0
  const whole = readRecords(bytes, headerSize, bytes.length, recordCount(bytes, 0), (delta) => {
    if (delta === dense) dense++
  })
  return whole && dense === recordCount(bytes, 0) ? null : 'records'
}

/** The records of the batch at `at`, with their offsets. Keys and values are views. Throws `BatchError` for a codec it cannot read and for broken records. */
export function decodeRecords(bytes: Uint8Array, at = 0): RecordAt[] {
  const codec = batchCodec(bytes, at)
  if (codec !== 'none') throw new BatchError('codec', `records are compressed with ${codec ?? 'an unknown codec'}`)
  const base = baseOffset(bytes, at)
  const timestamp = baseTimestamp(bytes, at)
  const records: RecordAt[] = []
  const whole = readRecords(bytes, at + headerSize, at + batchSize(bytes, at), recordCount(bytes, at), (delta, timestampDelta, key, value, headers) => {
    records.push({ offset: base + delta, timestamp: timestamp + timestampDelta, key, value, headers })
  })
  if (!whole) throw new BatchError('records', `the batch at offset ${base} has broken records`)
  return records
}

/** Gives a batch its place in a log, in place. The CRC stays right. */
export function stampBatch(bytes: Uint8Array, at: number, base: number, epoch: number): void {
  writeInt64(bytes, at, base)
  writeInt32(bytes, at + 12, epoch)
}

/** Fields of the batch at `at`. */
export const baseOffset = (bytes: Uint8Array, at: number): number => readInt64(bytes, at)
/** All of it, header included. */
export const batchSize = (bytes: Uint8Array, at: number): number => readInt32(bytes, at + 8) + prefixSize
export const leaderEpoch = (bytes: Uint8Array, at: number): number => readInt32(bytes, at + 12)
export const batchCrc = (bytes: Uint8Array, at: number): number => readUint32(bytes, at + 17)
export const attributes = (bytes: Uint8Array, at: number): number => readInt16(bytes, at + 21)
export const batchCodec = (bytes: Uint8Array, at: number): Codec | undefined => codecs[attributes(bytes, at) & 7]
export const isControl = (bytes: Uint8Array, at: number): boolean => (attributes(bytes, at) & 0x20) !== 0
export const lastOffsetDelta = (bytes: Uint8Array, at: number): number => readInt32(bytes, at + 23)
export const baseTimestamp = (bytes: Uint8Array, at: number): number => readInt64(bytes, at + 27)
export const maxTimestamp = (bytes: Uint8Array, at: number): number => readInt64(bytes, at + 35)
export const producerId = (bytes: Uint8Array, at: number): number => readInt64(bytes, at + 43)
export const producerEpoch = (bytes: Uint8Array, at: number): number => readInt16(bytes, at + 51)
export const baseSequence = (bytes: Uint8Array, at: number): number => readInt32(bytes, at + 53)
export const recordCount = (bytes: Uint8Array, at: number): number => readInt32(bytes, at + 57)
/** The offset after the batch's last. */
export const nextOffset = (bytes: Uint8Array, at: number): number => baseOffset(bytes, at) + lastOffsetDelta(bytes, at) + 1
