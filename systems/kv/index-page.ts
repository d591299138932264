/**
 * Pages that lead to others. After the head of every page: its level (1: its children are data pages), then for each child varints (bytes shared with the
 * separator before, other bytes of the separator, the child) and the other bytes. A separator is above every key of the child before and not above any key of
 * its own. The first child has none: what leads here says what it begins with.
 */
import { compareBytes, noBytes, sharedPrefix } from './bytes.js'
import { CorruptContent } from './errors.js'
import { contentLength, pageHeaderBytes, pageTypes, setPageHead } from './page.js'
import { VarintReader, varintSize, writeVarint } from './varint.js'

export interface ChildEntry {
  /** Empty for the first of a page. */
  readonly key: Uint8Array
  readonly child: number
}

/** An index page as it is kept in memory. */
export interface IndexNode {
  readonly level: number
  readonly children: readonly ChildEntry[]
}

export function readIndex(page: Uint8Array): IndexNode {
  const level = page[pageHeaderBytes] as number
  const children: ChildEntry[] = []
  const reader = new VarintReader(page, pageHeaderBytes + 1, pageHeaderBytes + contentLength(page))
  let key: Uint8Array = noBytes
  while (reader.position < reader.end) {
    const shared = reader.next()
    const unshared = reader.next()
    const child = reader.next()
    const rest = reader.take(unshared)
    if (reader.isBroken || shared > key.length) throw new CorruptContent('an index page ends inside an entry')
    const whole = new Uint8Array(shared + unshared)
    whole.set(key.subarray(0, shared))
    whole.set(rest, shared)
    key = whole
    children.push({ key, child })
  }
  if (level < 1 || children.length === 0) throw new CorruptContent('an index page leads nowhere')
  return { level, children }
}

/** The position of the child that a key belongs to. */
export function childPosition(children: readonly ChildEntry[], key: Uint8Array): number {
  let low = 1
  let high = children.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareBytes((children[middle] as ChildEntry).key, key) <= 0) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Bytes that a child takes at most. */
export function childBytes({ key }: ChildEntry): number {
  return key.length + 9
}

/** What an index page in memory counts for, in bytes. */
export function nodeBytes({ children }: IndexNode): number {
  let bytes = 64
  for (const { key } of children) bytes += 48 + key.length
  return bytes
}

export class IndexPageBuilder {
  readonly page: Uint8Array
  #position = pageHeaderBytes + 1
  #count = 0
  #lastKey: Uint8Array = noBytes

  constructor(pageBytes: number, level: number) {
    this.page = new Uint8Array(pageBytes)
    this.page[pageHeaderBytes] = level
  }

  get count(): number {
    return this.#count
  }

  get used(): number {
    return this.#position
  }

  /** False: there is no room, and nothing was added. The separator of the first child is left out. */
  add({ key, child }: ChildEntry): boolean {
    const separator = this.#count === 0 ? noBytes : key
    const shared = sharedPrefix(this.#lastKey, separator)
    const unshared = separator.length - shared
    const size = varintSize(shared) + varintSize(unshared) + varintSize(child) + unshared
    if (this.#position + size > this.page.length) return false
    let at = writeVarint(this.page, this.#position, shared)
    at = writeVarint(this.page, at, unshared)
    at = writeVarint(this.page, at, child)
    this.page.set(separator.subarray(shared), at)
    this.#position = at + unshared
    this.#count++
    this.#lastKey = separator
    return true
  }

  /** The page, not sealed. */
  finish(): Uint8Array {
    setPageHead(this.page, pageTypes.index, this.#position - pageHeaderBytes)
    return this.page
  }
}
