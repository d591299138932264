/**
 * Records of a manifest: a whole state, what one commit changed in it, or what one commit was asked to do. Each begins with 16 bytes: a mark, the length of the body, CRC-32C of the body, CRC-32C of
 * the three. The body is varints, stamps in four bytes each; places and roots are plus 1, so that 0 is none.
 *
 * The checksum of the body is begun with the owner, that is with whose manifest or archive it is: what was meant for another and was written here does not pass.
 */
import { crc32c } from '../raft/crc32c.js'
import type { KeyChange } from './batch.js'
import { hex, readU32, writeU32 } from './bytes.js'
import type { ManifestDelta, ManifestState } from './manifest-state.js'
import { type MappingChange, MappingEdit, MappingTable, unmapped } from './mapping.js'
import { type ManifestRedo, redoBytes } from './redo.js'
import { VarintReader, writeVarint } from './varint.js'

const mark = 0x4d56_4b53
export const recordHeadBytes = 16
/** 2: there may be records of what was asked for, which a reader of 1 would take for a torn tail. */
const version = 2
const readableVersions: readonly number[] = [1, version]
const kinds = { whole: 1, delta: 2, redo: 3 } as const

export type ManifestRecord =
  | { readonly kind: 'whole'; readonly state: ManifestState }
  | { readonly kind: 'delta'; readonly delta: ManifestDelta }
  | { readonly kind: 'redo'; readonly redo: ManifestRedo }
  /** Whole by its checksums, and written by a version that this one does not know. */
  | { readonly kind: 'unknown' }

/** What the checksums of a manifest's records begin with; `name` is that of the partition, or of the archive with its partition's before it. */
export function ownerOf(name: string): number {
  return crc32c(new TextEncoder().encode(name))
}

export function encodeState(state: ManifestState, owner: number): Uint8Array {
  const writer = new RecordWriter(256 + state.codec.length * 4 + state.mapping.length * 12 + state.files.size * 24)
  writer.number(kinds.whole)
  writer.number(version)
  writer.number(state.pageBytes)
  writer.number(state.filePages)
  writer.number(state.layout === 'append' ? 1 : 0)
  writer.text(state.codec)
  writeHead(writer, state)
  writer.number(state.mapping.length)
  for (let logical = 0; logical < state.mapping.length; logical++) {
    const physical = state.mapping.physicalOf(logical)
    writer.number(physical + 1)
    if (physical !== unmapped) writer.word(state.mapping.stampOf(logical))
  }
  writer.number(state.files.size)
  for (const [file, { term, pages }] of state.files) writer.numbers([file, term, pages])
  return writer.finish(owner)
}

export function encodeDelta(delta: ManifestDelta, owner: number): Uint8Array {
  const writer = new RecordWriter(128 + delta.mapping.length * 20 + delta.files.length * 24)
  writer.number(kinds.delta)
  writeHead(writer, delta)
  writer.number(delta.mapping.length)
  for (const { logical, physical, stamp } of delta.mapping) {
    writer.number(logical)
    writer.number(physical + 1)
    if (physical !== unmapped) writer.word(stamp)
  }
  writer.number(delta.files.length)
  for (const { file, term, pages } of delta.files) writer.numbers([file, term, pages])
  return writer.finish(owner)
}

export function encodeRedo({ sequence, clockMillis, changes }: ManifestRedo, owner: number): Uint8Array {
  const { truncateFrom, operations } = changes
  const writer = new RecordWriter(redoBytes(changes) + operations.length * 16)
  writer.numbers([kinds.redo, sequence, clockMillis])
  writer.number(truncateFrom === null ? 0 : truncateFrom.length + 1)
  if (truncateFrom !== null) writer.bytes(truncateFrom)
  writer.number(operations.length)
  for (const operation of operations) {
    const { key } = operation
    writer.number(key.length)
    writer.bytes(key)
    if (operation.kind === 'delete') {
      writer.number(0)
      continue
    }
    const { value, expiresAtMillis } = operation
    writer.number(1 + 2 * value.length + (expiresAtMillis === undefined ? 0 : 1))
    if (expiresAtMillis !== undefined) writer.number(expiresAtMillis)
    writer.bytes(value)
  }
  return writer.finish(owner)
}

/** The length of the record that begins here with its head, or null when none does. */
export function recordLength(bytes: Uint8Array, at: number): number | null {
  if (at + recordHeadBytes > bytes.length || readU32(bytes, at) !== mark) return null
  if (readU32(bytes, at + 12) !== crc32c(bytes, at, at + 12)) return null
  return recordHeadBytes + readU32(bytes, at + 4)
}

/** The record of this owner that begins here, or null when there is none that is whole. */
export function readRecord(bytes: Uint8Array, at: number, owner: number): { readonly record: ManifestRecord; readonly end: number } | null {
  const length = recordLength(bytes, at)
  if (length === null || at + length > bytes.length) return null
  const end = at + length
  if (readU32(bytes, at + 8) !== crc32c(bytes, at + recordHeadBytes, end, owner)) return null
  const reader = new VarintReader(bytes, at + recordHeadBytes, end)
  const record = readBody(reader)
  return { record: reader.isBroken ? { kind: 'unknown' } : record, end }
}

/** What a whole record of this owner should have here, and what is there instead: the checksum, where there is one. */
export function describeDamage(bytes: Uint8Array, at: number, owner: number): { readonly expected: string; readonly found: string } {
  const there = bytes.length - at
  if (there < recordHeadBytes) return { expected: `the ${recordHeadBytes} bytes that begin a record`, found: `${there} bytes` }
  const head = crc32c(bytes, at, at + 12)
  if (readU32(bytes, at + 12) !== head) return { expected: `checksum ${hex(head)} of a record's head`, found: `checksum ${hex(readU32(bytes, at + 12))}` }
  if (readU32(bytes, at) !== mark) return { expected: `the mark ${hex(mark)} of a record`, found: hex(readU32(bytes, at)) }
  const length = recordHeadBytes + readU32(bytes, at + 4)
  if (length > there) return { expected: `a record of ${length} bytes`, found: `${there} bytes` }
  const body = crc32c(bytes, at + recordHeadBytes, at + length, owner)
  if (readU32(bytes, at + 8) !== body) return { expected: `checksum ${hex(body)}`, found: `checksum ${hex(readU32(bytes, at + 8))}` }
  return { expected: 'another record', found: 'one that is whole and does not belong here' }
}

function readBody(reader: VarintReader): ManifestRecord {
  switch (reader.next()) {
    case kinds.whole:
      return readWhole(reader)
    case kinds.delta:
      return readDelta(reader)
    case kinds.redo:
      return readRedo(reader)
    default:
      return { kind: 'unknown' }
  }
}

type Head = Pick<ManifestState, 'sequence' | 'term' | 'clockMillis' | 'root' | 'expiryRoot' | 'next'>

function writeHead(writer: RecordWriter, head: Head): void {
  const root = head.root === null ? 0 : head.root + 1
  const expiryRoot = head.expiryRoot === null ? 0 : head.expiryRoot + 1
  writer.numbers([head.sequence, head.term, head.clockMillis, root, expiryRoot, head.next])
}

function readHead(reader: VarintReader): Head {
  const [sequence, term, clockMillis, root, expiryRoot, next] = [reader.next(), reader.next(), reader.next(), reader.next(), reader.next(), reader.next()]
  return { sequence, term, clockMillis, root: root === 0 ? null : root - 1, expiryRoot: expiryRoot === 0 ? null : expiryRoot - 1, next }
}

function readWhole(reader: VarintReader): ManifestRecord {
  if (!readableVersions.includes(reader.next())) return { kind: 'unknown' }
  const pageBytes = reader.next()
  const filePages = reader.next()
  const layout = reader.next() === 1 ? 'append' : 'reuse'
  const codec = new TextDecoder().decode(reader.take(reader.next()))
  const head = readHead(reader)
  const mapping = new MappingEdit(MappingTable.empty)
  const length = reader.next()
  for (let logical = 0; logical < length && !reader.isBroken; logical++) mapping.set(readPlace(reader, logical))
  const files = new Map<number, { term: number; pages: number }>()
  for (let left = reader.next(); left > 0 && !reader.isBroken; left--) files.set(reader.next(), { term: reader.next(), pages: reader.next() })
  return { kind: 'whole', state: { pageBytes, filePages, layout, codec, ...head, mapping: mapping.finish(), files } }
}

function readDelta(reader: VarintReader): ManifestRecord {
  const head = readHead(reader)
  const mapping: MappingChange[] = []
  for (let left = reader.next(); left > 0 && !reader.isBroken; left--) mapping.push(readPlace(reader, reader.next()))
  const files: { file: number; term: number; pages: number }[] = []
  for (let left = reader.next(); left > 0 && !reader.isBroken; left--) files.push({ file: reader.next(), term: reader.next(), pages: reader.next() })
  return { kind: 'delta', delta: { ...head, mapping, files } }
}

function readRedo(reader: VarintReader): ManifestRecord {
  const [sequence, clockMillis, cut] = [reader.next(), reader.next(), reader.next()]
  const truncateFrom = cut === 0 ? null : reader.take(cut - 1)
  const operations: KeyChange[] = []
  for (let left = reader.next(); left > 0 && !reader.isBroken; left--) {
    const key = reader.take(reader.next())
    const tag = reader.next()
    if (tag === 0) {
      operations.push({ kind: 'delete', key })
      continue
    }
    const expiresAtMillis = (tag - 1) % 2 === 1 ? reader.next() : undefined
    const value = reader.take(Math.floor((tag - 1) / 2))
    operations.push(expiresAtMillis === undefined ? { kind: 'put', key, value } : { kind: 'put', key, value, expiresAtMillis })
  }
  return { kind: 'redo', redo: { sequence, clockMillis, changes: { truncateFrom, operations } } }
}

function readPlace(reader: VarintReader, logical: number): MappingChange {
  const physical = reader.next() - 1
  return { logical, physical, stamp: physical === unmapped ? 0 : readU32(reader.take(4), 0) }
}

/** A body that is written from its start; the head is added at the end. */
class RecordWriter {
  #bytes: Uint8Array
  #at = recordHeadBytes

  constructor(room: number) {
    this.#bytes = new Uint8Array(recordHeadBytes + room)
  }

  number(value: number): void {
    if (this.#at + 8 > this.#bytes.length) this.#grow()
    this.#at = writeVarint(this.#bytes, this.#at, value)
  }

  numbers(values: readonly number[]): void {
    for (const value of values) this.number(value)
  }

  word(value: number): void {
    if (this.#at + 4 > this.#bytes.length) this.#grow()
    writeU32(this.#bytes, this.#at, value)
    this.#at += 4
  }

  text(text: string): void {
    const bytes = new TextEncoder().encode(text)
    this.number(bytes.length)
    this.bytes(bytes)
  }

  bytes(bytes: Uint8Array): void {
    while (this.#at + bytes.length > this.#bytes.length) this.#grow()
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  finish(owner: number): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.#at)
    writeU32(bytes, 0, mark)
    writeU32(bytes, 4, bytes.length - recordHeadBytes)
    writeU32(bytes, 8, crc32c(bytes, recordHeadBytes, bytes.length, owner))
    writeU32(bytes, 12, crc32c(bytes, 0, 12))
    return bytes
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2)
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}
