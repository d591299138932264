/**
 * Pages of entries in the order of their keys. After the head of every page:
 *
 * | bytes | |
 * | --- | --- |
 * | 11-14, 15-18 | the data page before and the one after it, plus 1; 0: none |
 * | from 19 on | entries: varints (bytes shared with the key before, other bytes of the key, length of the value with flag bits, timestamp less the one before), the other bytes of the key, when it expires if it does, the value |
 * | at the end of the content | offsets of the entries that share nothing (restarts), two bytes each, and their number |
 *
 * Every sixteenth entry of a new page is a restart; where entries come in later, groups of up to 32 follow one restart. A search is binary among the restarts
 * and goes on from one to the next behind it.
 */
import { compareBytes, noBytes, readU16, readU32, sharedPrefix, writeU16, writeU32 } from './bytes.js'
import { entryFlags, flagValues, type LeafEntry } from './entry.js'
import { CorruptContent } from './errors.js'
import { contentLength, pageHeaderBytes, pageTypes, setPageHead } from './page.js'
import { VarintReader, varintSize, writeVarint, zigzag } from './varint.js'

const previousAt = pageHeaderBytes
const nextAt = pageHeaderBytes + 4
export const dataContentAt = pageHeaderBytes + 8
export const restartInterval = 16

/** null: none. */
export function previousLeaf(page: Uint8Array): number | null {
  const link = readU32(page, previousAt)
  return link === 0 ? null : link - 1
}

export function nextLeaf(page: Uint8Array): number | null {
  const link = readU32(page, nextAt)
  return link === 0 ? null : link - 1
}

export function setPreviousLeaf(page: Uint8Array, logical: number | null): void {
  writeU32(page, previousAt, logical === null ? 0 : logical + 1)
}

export function setNextLeaf(page: Uint8Array, logical: number | null): void {
  writeU32(page, nextAt, logical === null ? 0 : logical + 1)
}

/** The entry of exactly this key. Its bytes are those of the page. */
export function findEntry(page: Uint8Array, key: Uint8Array): LeafEntry | null {
  if (!locateEntry(page, key)) return null
  const { valueAt, valueEnd, flags, timestampMillis, expiresAtMillis } = located
  return { key, value: page.subarray(valueAt, valueEnd), flags, timestampMillis, expiresAtMillis }
}

/** Where `locateEntry` found an entry last; one for all, so that a look costs no memory. */
export const located = { valueAt: 0, valueEnd: 0, flags: 0, timestampMillis: 0, expiresAtMillis: 0 }

/** Whether there is an entry of exactly this key: `located` says where, until the next look. */
export function locateEntry(page: Uint8Array, key: Uint8Array): boolean {
  const end = pageHeaderBytes + contentLength(page) - 2
  const restarts = readU16(page, end)
  const restartsAt = end - 2 * restarts
  if (restartsAt < dataContentAt) throw new CorruptContent('a data page has more restarts than bytes')
  const group = groupOf(page, restartsAt, restarts, key)
  if (group < 0) return false
  const reader = readerOf(page, readU16(page, restartsAt + 2 * group), group + 1 === restarts ? restartsAt : readU16(page, restartsAt + 2 * group + 2))
  // Bytes that the key has in common with the entry before, which is smaller.
  let matched = 0
  let timestampMillis = 0
  while (reader.position < reader.end) {
    const shared = reader.next()
    const unshared = reader.next()
    const length = reader.next()
    timestampMillis += reader.nextSigned()
    const at = reader.position
    // It differs from the one before where that is still like the key, so it is larger than the key.
    if (shared < matched) return false
    let difference = -1
    if (shared === matched) {
      let i = 0
      while (i < unshared && matched + i < key.length && page[at + i] === key[matched + i]) i++
      matched += i
      if (i < unshared && matched < key.length) difference = (page[at + i] as number) - (key[matched] as number)
      else difference = i < unshared ? 1 : shared + unshared - key.length
      if (difference > 0) return false
    }
    reader.position = at + unshared
    const flags = length % flagValues
    const expiresAtMillis = flags & entryFlags.expires ? reader.next() : 0
    const valueAt = reader.position
    const valueEnd = valueAt + Math.floor(length / flagValues)
    reader.position = valueEnd
    if (reader.isBroken || valueEnd > reader.end) throw new CorruptContent('a data page ends inside an entry')
    if (difference !== 0) continue
    located.valueAt = valueAt
    located.valueEnd = valueEnd
    located.flags = flags
    located.timestampMillis = timestampMillis
    located.expiresAtMillis = expiresAtMillis
    return true
  }
  return false
}

/** The group of entries that a key belongs to, by its restart; -1: the key is below all. */
export function groupOf(page: Uint8Array, restartsAt: number, restarts: number, key: Uint8Array): number {
  let low = 0
  let high = restarts
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareRestart(page, readU16(page, restartsAt + 2 * middle), restartsAt, key) <= 0) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** All entries; their values are the page's own bytes. */
export function readEntries(page: Uint8Array): LeafEntry[] {
  const entries: LeafEntry[] = []
  const restartsAt = restartArrayAt(page)
  const restarts = restartCount(page)
  const reader = new VarintReader(page, dataContentAt, restartsAt)
  let key: Uint8Array = noBytes
  let timestamp = 0
  let restart = 0
  while (reader.position < reader.end) {
    const isRestart = restart < restarts && readU16(page, restartsAt + 2 * restart) === reader.position
    if (isRestart) restart++
    const shared = reader.next()
    const unshared = reader.next()
    const length = reader.next()
    const delta = reader.nextSigned()
    // Nothing is shared at a restart, where the timestamp begins anew.
    timestamp = isRestart ? delta : timestamp + delta
    if (shared > key.length) throw new CorruptContent('a data page has an entry that shares more than there is')
    const at = reader.position
    const whole = new Uint8Array(shared + unshared)
    for (let i = 0; i < shared; i++) whole[i] = key[i] as number
    for (let i = 0; i < unshared; i++) whole[shared + i] = page[at + i] as number
    reader.position = at + unshared
    key = whole
    const flags = length % flagValues
    const expiresAtMillis = flags & entryFlags.expires ? reader.next() : 0
    const value = reader.take(Math.floor(length / flagValues))
    if (reader.isBroken) throw new CorruptContent('a data page ends inside an entry')
    entries.push({ key, value, flags, timestampMillis: timestamp, expiresAtMillis })
  }
  return entries
}

/** The page with its first entries alone, not sealed; its links stay. It takes no more room than before, as it may where entries are laid out anew. */
export function keepEntries(page: Uint8Array, kept: number): Uint8Array {
  const restartsAt = restartArrayAt(page)
  const reader = new VarintReader(page, dataContentAt, restartsAt)
  for (let i = 0; i < kept; i++) skipEntry(reader)
  if (reader.isBroken) throw new CorruptContent('a data page ends inside an entry')
  let at = reader.position
  const cut = new Uint8Array(page.length)
  cut.set(page.subarray(pageHeaderBytes, at), pageHeaderBytes)
  let restarts = 0
  for (; restarts < restartCount(page); restarts++) {
    const restart = readU16(page, restartsAt + 2 * restarts)
    if (restart >= reader.position) break
    writeU16(cut, at, restart)
    at += 2
  }
  writeU16(cut, at, restarts)
  setPageHead(cut, pageTypes.data, at + 2 - pageHeaderBytes)
  return cut
}

function skipEntry(reader: VarintReader): void {
  reader.next()
  const unshared = reader.next()
  const length = reader.next()
  reader.next()
  reader.take(unshared)
  if ((length % flagValues) & entryFlags.expires) reader.next()
  reader.take(Math.floor(length / flagValues))
}

/** The position of the first entry whose key is not below this one. */
export function lowerBound(entries: readonly { readonly key: Uint8Array }[], key: Uint8Array): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareBytes((entries[middle] as { key: Uint8Array }).key, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Bytes that an entry takes at most. */
export function entryBytes(entry: LeafEntry): number {
  return plainEntryBytes(entry.key, entry.value) + (entry.expiresAtMillis === 0 ? 0 : varintSize(entry.expiresAtMillis))
}

/** The same of one that does not expire. */
export function plainEntryBytes(key: Uint8Array, value: Uint8Array): number {
  return key.length + value.length + 14
}

/** Fills a page with entries for as long as there is room. */
export class DataPageBuilder {
  readonly page: Uint8Array
  readonly #restarts: number[] = []
  #position = dataContentAt
  #count = 0
  #lastKey: Uint8Array = noBytes
  #lastTimestamp = 0

  constructor(pageBytes: number) {
    this.page = new Uint8Array(pageBytes)
  }

  get count(): number {
    return this.#count
  }

  /** Bytes taken of the page. */
  get used(): number {
    return this.#position + 2 * this.#restarts.length + 2
  }

  /** False: there is no room, and nothing was added. */
  add(entry: LeafEntry): boolean {
    const isRestart = this.#count % restartInterval === 0
    const shared = isRestart ? 0 : sharedPrefix(this.#lastKey, entry.key)
    const unshared = entry.key.length - shared
    const length = entry.value.length * flagValues + entry.flags
    const timestamp = zigzag(entry.timestampMillis - (isRestart ? 0 : this.#lastTimestamp))
    const hasExpiry = (entry.flags & entryFlags.expires) !== 0
    const size =
      varintSize(shared) +
      varintSize(unshared) +
      varintSize(length) +
      varintSize(timestamp) +
      unshared +
      (hasExpiry ? varintSize(entry.expiresAtMillis) : 0) +
      entry.value.length
    if (this.used + size + (isRestart ? 2 : 0) > this.page.length) return false
    if (isRestart) this.#restarts.push(this.#position)
    const { page } = this
    let at = writeVarint(page, this.#position, shared)
    at = writeVarint(page, at, unshared)
    at = writeVarint(page, at, length)
    at = writeVarint(page, at, timestamp)
    page.set(shared === 0 ? entry.key : entry.key.subarray(shared), at)
    at += unshared
    if (hasExpiry) at = writeVarint(page, at, entry.expiresAtMillis)
    page.set(entry.value, at)
    this.#position = at + entry.value.length
    this.#count++
    this.#lastKey = entry.key
    this.#lastTimestamp = entry.timestampMillis
    return true
  }

  /** The page, without links and not sealed. */
  finish(): Uint8Array {
    let at = this.#position
    for (const restart of this.#restarts) {
      writeU16(this.page, at, restart)
      at += 2
    }
    writeU16(this.page, at, this.#restarts.length)
    setPageHead(this.page, pageTypes.data, at + 2 - pageHeaderBytes)
    return this.page
  }
}

export function restartCount(page: Uint8Array): number {
  return readU16(page, pageHeaderBytes + contentLength(page) - 2)
}

export function restartArrayAt(page: Uint8Array): number {
  const at = pageHeaderBytes + contentLength(page) - 2 - 2 * restartCount(page)
  if (at < dataContentAt) throw new CorruptContent('a data page has more restarts than bytes')
  return at
}

/** The key of a restart, which shares nothing, against another. */
export function compareRestart(page: Uint8Array, offset: number, end: number, key: Uint8Array): number {
  const reader = readerOf(page, offset, end)
  reader.next()
  const length = reader.next()
  reader.next()
  reader.next()
  const at = reader.position
  const common = Math.min(length, key.length)
  for (let i = 0; i < common; i++) {
    const difference = (page[at + i] as number) - (key[i] as number)
    if (difference !== 0) return difference
  }
  return length - key.length
}

const onlyReader = new VarintReader(noBytes, 0, 0)

/** One for all who look at one place after the other. */
function readerOf(page: Uint8Array, position: number, end: number): VarintReader {
  onlyReader.bytes = page
  onlyReader.position = position
  onlyReader.end = end
  onlyReader.isBroken = false
  return onlyReader
}
