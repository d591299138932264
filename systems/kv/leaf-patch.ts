/**
 * Changes a data page without taking it apart: groups of entries in which nothing changes are copied as they are, and only the others are written anew. The
 * same entries as taking all of them out, changing them and laying them out again, for the common case: the page keeps its place in the tree.
 */
import { readU16, writeU16 } from './bytes.js'
import { compareRestart, dataContentAt, groupOf, restartArrayAt, restartCount, restartInterval } from './data-page.js'
import { entryFlags, flagValues } from './entry.js'
import { largestPageBytes, longestKey } from './options.js'
import { pageHeaderBytes, pageTypes, setPageHead } from './page.js'
import { VarintReader, writeVarint, zigzag } from './varint.js'

/** A value that goes into the page as it is, or none: the key goes. In the order of their keys, one a key. */
export interface LeafPatch {
  readonly key: Uint8Array
  readonly value?: Uint8Array | undefined
}

/** Entries that follow one restart, at most. */
const longestGroup = 2 * restartInterval
/** Four varints of an entry, at most. */
const headRoom = 32
/** Of the longest key that a page may have; one for all, since nothing waits in between. */
const keyRoom = new Uint8Array(longestKey(largestPageBytes))
const lastKeyRoom = new Uint8Array(longestKey(largestPageBytes))
/** An entry takes four bytes at least. */
const restartRoom = new Uint16Array(largestPageBytes / 4)

/**
 * The page after the changes, not sealed, with the links that it had. Null: it has to be taken apart, because it would be too full or hold less than
 * `leastBytes`, or because what is replaced is more than an entry (an overflow value, or one that expires). It is made in `room`, as long as the page itself.
 */
export function patchLeaf(page: Uint8Array, patches: readonly LeafPatch[], timestampMillis: number, leastBytes: number, room: Uint8Array): Uint8Array | null {
  const restartsAt = restartArrayAt(page)
  const restarts = restartCount(page)
  if (restarts === 0) return null
  const writer = new GroupWriter(page, timestampMillis, room)
  let copied = 0
  let done = 0
  while (done < patches.length) {
    const first = patches[done] as LeafPatch
    const group = Math.max(0, groupOf(page, restartsAt, restarts, first.key))
    const isLast = group + 1 === restarts
    const end = isLast ? restartsAt : readU16(page, restartsAt + 2 * group + 2)
    let next = done + 1
    while (next < patches.length && (isLast || compareRestart(page, end, restartsAt, (patches[next] as LeafPatch).key) > 0)) next++
    if (!writer.copyGroups(restartsAt, copied, group) || !writer.mergeGroup(readU16(page, restartsAt + 2 * group), end, patches, done, next)) return null
    copied = group + 1
    done = next
  }
  if (!writer.copyGroups(restartsAt, copied, restarts)) return null
  return writer.finish(leastBytes)
}

class GroupWriter {
  readonly #source: Uint8Array
  readonly #page: Uint8Array
  readonly #timestampMillis: number
  readonly #restarts = restartRoom
  #restartCount = 0
  #at = dataContentAt
  /** Entries behind the last restart; 0: the next one is a restart. */
  #inGroup = 0
  readonly #last = lastKeyRoom
  #lastLength = 0
  #lastTimestamp = 0

  constructor(source: Uint8Array, timestampMillis: number, room: Uint8Array) {
    this.#source = source
    this.#page = room
    this.#timestampMillis = timestampMillis
    for (let i = pageHeaderBytes; i < dataContentAt; i++) this.#page[i] = source[i] as number
  }

  /** Groups `[from, to)` as they are. False: there is no room. */
  copyGroups(restartsAt: number, from: number, to: number): boolean {
    if (from >= to) return true
    const source = this.#source
    const start = readU16(source, restartsAt + 2 * from)
    const end = to === restartCount(source) ? restartsAt : readU16(source, restartsAt + 2 * to)
    if (this.#at + end - start > this.#page.length) return false
    this.#page.set(source.subarray(start, end), this.#at)
    for (let group = from; group < to; group++) this.#restarts[this.#restartCount++] = readU16(source, restartsAt + 2 * group) - start + this.#at
    this.#at += end - start
    return true
  }

  /** The group that lies there, with these patches. False: it does not go this way. */
  mergeGroup(start: number, end: number, patches: readonly LeafPatch[], from: number, to: number): boolean {
    const before = this.#restartCount
    const at = this.#at
    if (!this.#merge(start, end, patches, from, to, longestGroup)) return false
    if (this.#restartCount <= before + 1) return true
    // Too long for one: even ones, rather than one full and one almost empty.
    this.#restartCount = before
    this.#at = at
    return this.#merge(start, end, patches, from, to, restartInterval)
  }

  /** Null: less than `leastBytes`, or no room for the restarts. */
  finish(leastBytes: number): Uint8Array | null {
    const page = this.#page
    let at = this.#at
    const count = this.#restartCount
    if (at < leastBytes || at + 2 * count + 2 > page.length || count === 0) return null
    for (let i = 0; i < count; i++) {
      writeU16(page, at, this.#restarts[i] as number)
      at += 2
    }
    writeU16(page, at, count)
    page.fill(0, at + 2)
    setPageHead(page, pageTypes.data, at + 2 - pageHeaderBytes)
    return page
  }

  #merge(start: number, end: number, patches: readonly LeafPatch[], from: number, to: number, longest: number): boolean {
    const source = this.#source
    const reader = new VarintReader(source, start, end)
    const key = keyRoom
    const last = this.#last
    this.#inGroup = 0
    let timestamp = 0
    let next = from
    // Entries from here on are taken as they lie there, all together: before each is written what is before it in the source.
    let asItIs = start
    let isInStep = true
    while (reader.position < end) {
      const entryAt = reader.position
      const shared = reader.next()
      const unshared = reader.next()
      const length = reader.next()
      timestamp += reader.nextSigned()
      const at = reader.position
      const keyLength = shared + unshared
      if (reader.isBroken || keyLength > key.length) return false
      for (let i = 0; i < unshared; i++) key[shared + i] = source[at + i] as number
      reader.position = at + unshared
      const flags = length % flagValues
      const rest = reader.position
      if (flags & entryFlags.expires) reader.next()
      reader.position += Math.floor(length / flagValues)
      if (reader.isBroken || reader.position > end) return false
      let difference = 1
      while (next < to) {
        const patch = patches[next] as LeafPatch
        difference = compareKey(key, keyLength, patch.key)
        if (difference < 0) break
        next++
        if (difference === 0 && (flags & (entryFlags.overflow | entryFlags.expires)) !== 0) return false
        if (isInStep && !this.#copy(asItIs, entryAt)) return false
        isInStep = false
        if (patch.value !== undefined && !this.#put(patch, longest)) return false
        if (difference === 0) break
      }
      if (difference === 0) continue
      if (isInStep && this.#inGroup < longest) {
        if (this.#inGroup === 0) this.#restarts[this.#restartCount++] = this.#at
        this.#inGroup++
        for (let i = shared; i < keyLength; i++) last[i] = key[i] as number
        this.#lastLength = keyLength
        this.#lastTimestamp = timestamp
        continue
      }
      if (isInStep && !this.#copy(asItIs, entryAt)) return false
      if (!this.#add(key, keyLength, length, timestamp, source, rest, reader.position, longest)) return false
      asItIs = reader.position
      isInStep = true
    }
    if (isInStep && !this.#copy(asItIs, end)) return false
    for (; next < to; next++) {
      const patch = patches[next] as LeafPatch
      if (patch.value !== undefined && !this.#put(patch, longest)) return false
    }
    return !reader.isBroken
  }

  /** Bytes of the source. False: there is no room. */
  #copy(from: number, to: number): boolean {
    if (from === to) return true
    if (this.#at + to - from > this.#page.length) return false
    this.#page.set(this.#source.subarray(from, to), this.#at)
    this.#at += to - from
    return true
  }

  #put({ key, value }: LeafPatch, longest: number): boolean {
    const { length } = value as Uint8Array
    return this.#add(key, key.length, length * flagValues, this.#timestampMillis, value as Uint8Array, 0, length, longest)
  }

  /** `[from, to)` of `bytes`: what follows the key. */
  #add(key: Uint8Array, keyLength: number, length: number, timestamp: number, bytes: Uint8Array, from: number, to: number, longest: number): boolean {
    const page = this.#page
    let at = this.#at
    if (at + headRoom + keyLength + (to - from) > page.length) return false
    const isRestart = this.#inGroup === 0 || this.#inGroup === longest
    let shared = 0
    if (isRestart) {
      this.#restarts[this.#restartCount++] = at
      this.#inGroup = 0
      this.#lastTimestamp = 0
    } else {
      const last = this.#last
      const most = Math.min(keyLength, this.#lastLength)
      while (shared < most && key[shared] === last[shared]) shared++
    }
    at = writeVarint(page, at, shared)
    at = writeVarint(page, at, keyLength - shared)
    at = writeVarint(page, at, length)
    at = writeVarint(page, at, zigzag(timestamp - this.#lastTimestamp))
    for (let i = shared; i < keyLength; i++) {
      page[at++] = key[i] as number
      this.#last[i] = key[i] as number
    }
    const size = to - from
    if (size < 32) for (let i = from; i < to; i++) page[at++] = bytes[i] as number
    else {
      page.set(size === bytes.length ? bytes : bytes.subarray(from, to), at)
      at += size
    }
    this.#at = at
    this.#lastLength = keyLength
    this.#lastTimestamp = timestamp
    this.#inGroup++
    return true
  }
}

function compareKey(key: Uint8Array, length: number, other: Uint8Array): number {
  const common = Math.min(length, other.length)
  for (let i = 0; i < common; i++) {
    const difference = (key[i] as number) - (other[i] as number)
    if (difference !== 0) return difference
  }
  return length - other.length
}
