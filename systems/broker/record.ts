import { VarintReader, varintSize, writeVarint } from './varint.js'

/** A record as a producer has it. Timestamps are milliseconds. */
export interface NewRecord {
  readonly key: Uint8Array | null
  /** null deletes the key in a compacted topic. */
  readonly value: Uint8Array | null
  readonly timestamp: number
  readonly headers?: readonly RecordHeader[]
}
export interface RecordHeader {
  readonly key: string
  readonly value: Uint8Array | null
}
/** A record as a consumer gets it. */
export interface RecordAt {
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const noHeaders: readonly RecordHeader[] = []

/** Bytes of these records inside a batch whose base timestamp is given. */
export function recordsSize(records: readonly NewRecord[], baseTimestamp: number): number {
  let size = 0
  for (let delta = 0; delta < records.length; delta++) {
    const body = bodySize(records[delta] as NewRecord, delta, baseTimestamp)
    size += varintSize(body) + body
  }
  return size
}

/**
 * Each record: length, attributes (int8, 0), timestamp delta, offset delta, key, value, header count, headers; all integers zigzag varints,
 * a byte string being its length (-1: null) and its bytes. A header's key is UTF-8 and never null.
 */
export function writeRecords(bytes: Uint8Array, start: number, records: readonly NewRecord[], baseTimestamp: number): void {
  let at = start
  for (let delta = 0; delta < records.length; delta++) {
    const record = records[delta] as NewRecord
    at = writeVarint(bytes, at, bodySize(record, delta, baseTimestamp))
    bytes[at++] = 0
    at = writeVarint(bytes, at, record.timestamp - baseTimestamp)
    at = writeVarint(bytes, at, delta)
    at = writeBytes(bytes, at, record.key)
    at = writeBytes(bytes, at, record.value)
    const headers = record.headers ?? noHeaders
    at = writeVarint(bytes, at, headers.length)
    for (const header of headers) {
      at = writeBytes(bytes, at, encoder.encode(header.key))
      at = writeBytes(bytes, at, header.value)
    }
  }
}

export type RecordVisitor = (
  offsetDelta: number,
  timestampDelta: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
  headers: readonly RecordHeader[],
) => void

/** Visits `count` records that fill `bytes[start, end)` exactly; false: they do not, or one of them is broken. Keys and values are views. */
export function readRecords(bytes: Uint8Array, start: number, end: number, count: number, visit: RecordVisitor): boolean {
  const reader = new VarintReader(bytes, start, end)
  for (let i = 0; i < count; i++) {
    const length = reader.next()
    if (length === null || length < 1 || length > end - reader.position) return false
    const recordEnd = reader.position + length
    reader.position++
    const timestampDelta = reader.next()
    const offsetDelta = reader.next()
    const key = readBytes(reader)
    const value = key === undefined ? undefined : readBytes(reader)
    const headers = value === undefined ? null : readHeaders(reader)
    if (timestampDelta === null || offsetDelta === null || key === undefined || value === undefined || headers === null) return false
    if (reader.position !== recordEnd) return false
    visit(offsetDelta, timestampDelta, key, value, headers)
  }
  return reader.position === end
}

function bodySize(record: NewRecord, delta: number, baseTimestamp: number): number {
  const headers = record.headers ?? noHeaders
  let size = 1 + varintSize(record.timestamp - baseTimestamp) + varintSize(delta) + bytesSize(record.key) + bytesSize(record.value) + varintSize(headers.length)
  for (const header of headers) size += bytesSize(encoder.encode(header.key)) + bytesSize(header.value)
  return size
}

function bytesSize(value: Uint8Array | null): number {
  return value === null ? 1 : varintSize(value.length) + value.length
}

function writeBytes(bytes: Uint8Array, at: number, value: Uint8Array | null): number {
  if (value === null) return writeVarint(bytes, at, -1)
  const position = writeVarint(bytes, at, value.length)
  bytes.set(value, position)
  return position + value.length
}

/** undefined: broken. */
function readBytes(reader: VarintReader): Uint8Array | null | undefined {
  const length = reader.next()
  if (length === null || length < -1 || length > reader.end - reader.position) return undefined
  if (length === -1) return null
  const value = reader.bytes.subarray(reader.position, reader.position + length)
  reader.position += length
  return value
}

/** null: broken. */
function readHeaders(reader: VarintReader): readonly RecordHeader[] | null {
  const count = reader.next()
  if (count === null || count < 0 || count > reader.end - reader.position) return null
  if (count === 0) return noHeaders
  const headers: RecordHeader[] = []
  for (let i = 0; i < count; i++) {
    const key = readBytes(reader)
    const value = key === undefined || key === null ? undefined : readBytes(reader)
    if (key === undefined || key === null || value === undefined) return null
    headers.push({ key: decoder.decode(key), value })
  }
  return headers
}
