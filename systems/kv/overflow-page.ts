/**
 * Values that do not fit into a data page lie in pages of their own: a chain of pointer lists. The data page names the first few of them; each list but the last
 * ends in a page that holds the next list behind its part of the value.
 *
 * After the head of every page: two bytes, the length of the part; the part; four bytes for each pointer; one byte, the number of pointers.
 */
import { readU16, readU32, writeU16, writeU32 } from './bytes.js'
import { CorruptContent } from './errors.js'
import { contentLength, pageHeaderBytes, pageTypes, setPageHead } from './page.js'
import { VarintReader, varintSize, writeVarint } from './varint.js'

/** Pointers of one list, at most. */
export const longestPointerList = 16
const partAt = pageHeaderBytes + 2

/** Bytes of a value that a page holds, by the pointers that it holds as well. */
export function partRoom(pageBytes: number, pointers: number): number {
  return pageBytes - partAt - 4 * pointers - 1
}

export function buildOverflowPage(pageBytes: number, part: Uint8Array, pointers: readonly number[]): Uint8Array {
  const page = new Uint8Array(pageBytes)
  writeU16(page, pageHeaderBytes, part.length)
  page.set(part, partAt)
  let at = partAt + part.length
  for (const pointer of pointers) {
    writeU32(page, at, pointer)
    at += 4
  }
  page[at] = pointers.length
  setPageHead(page, pageTypes.overflow, at + 1 - pageHeaderBytes)
  return page
}

export function readOverflowPage(page: Uint8Array): { readonly part: Uint8Array; readonly pointers: readonly number[] } {
  const length = readU16(page, pageHeaderBytes)
  const end = pageHeaderBytes + contentLength(page)
  const count = page[end - 1] as number
  if (partAt + length + 4 * count + 1 !== end) throw new CorruptContent('an overflow page holds other than it says')
  const pointers = Array.from({ length: count }, (_, i) => readU32(page, partAt + length + 4 * i))
  return { part: page.subarray(partAt, partAt + length), pointers }
}

/** What an entry holds in place of its value. */
export interface OverflowReference {
  /** Of the whole value, in bytes. */
  readonly length: number
  /** The first list. */
  readonly pointers: readonly number[]
}

export function encodeReference({ length, pointers }: OverflowReference): Uint8Array {
  const bytes = new Uint8Array(varintSize(length) + 4 * pointers.length)
  let at = writeVarint(bytes, 0, length)
  for (const pointer of pointers) {
    writeU32(bytes, at, pointer)
    at += 4
  }
  return bytes
}

export function decodeReference(bytes: Uint8Array): OverflowReference {
  const reader = new VarintReader(bytes, 0, bytes.length)
  const length = reader.next()
  const rest = bytes.length - reader.position
  if (reader.isBroken || rest % 4 !== 0 || rest === 0) throw new CorruptContent('an overflow reference makes no sense')
  return { length, pointers: Array.from({ length: rest / 4 }, (_, i) => readU32(bytes, reader.position + 4 * i)) }
}
