/**
 * Pages that lead to others. After the head of every page: its level (1: its children are data pages), then for each child varints (bytes shared with the
 * separator before, other bytes of the separator, the child) and the other bytes. A separator is above every key of the child before and not above any key of
 * its own. The first child has none: what leads here says what it begins with.
 */
import { noBytes, sharedPrefix } from './bytes.js'
import { CorruptContent } from './errors.js'
import { contentLength, pageHeaderBytes, pageTypes, setPageHead } from './page.js'
import { VarintReader, varintSize, writeVarint } from './varint.js'

export interface ChildEntry {
  /** Empty for the first of a page. */
  readonly key: Uint8Array
  readonly child: number
}

/** An index page as it is kept in memory: all separators in one piece, so that a search goes through few places. */
export class IndexNode {
  readonly #keys: Uint8Array
  /** Where each separator begins, and the last one ends. */
  readonly #starts: Uint32Array
  readonly #ids: Uint32Array

  constructor(
    readonly level: number,
    keys: Uint8Array,
    starts: Uint32Array,
    ids: Uint32Array,
  ) {
    this.#keys = keys
    this.#starts = starts
    this.#ids = ids
  }

  get length(): number {
    return this.#ids.length
  }

  /** What it counts for in memory. */
  get bytes(): number {
    return 256 + this.#keys.length + 8 * this.#ids.length
  }

  /** The logical page of a child. */
  id(position: number): number {
    return this.#ids[position] as number
  }

  /** The separator before a child; empty for the first. */
  key(position: number): Uint8Array {
    return this.#keys.subarray(this.#starts[position], this.#starts[position + 1])
  }

  child(position: number): ChildEntry {
    return { key: this.key(position), child: this.id(position) }
  }

  get children(): ChildEntry[] {
    return Array.from(this.#ids, (child, i) => ({ key: this.key(i), child }))
  }

  /** The position of the child that a key belongs to. */
  positionOf(key: Uint8Array): number {
    const keys = this.#keys
    const starts = this.#starts
    let low = 1
    let high = this.#ids.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const start = starts[middle] as number
      const length = (starts[middle + 1] as number) - start
      const common = length < key.length ? length : key.length
      let i = 0
      while (i < common && keys[start + i] === key[i]) i++
      const isAbove = i < common ? (keys[start + i] as number) > (key[i] as number) : length > key.length
      if (isAbove) high = middle
      else low = middle + 1
    }
    return low - 1
  }
}

export function readIndex(page: Uint8Array): IndexNode {
  const level = page[pageHeaderBytes] as number
  const content = contentLength(page)
  const reader = new VarintReader(page, pageHeaderBytes + 1, pageHeaderBytes + content)
  const ids: number[] = []
  const starts: number[] = []
  const keys: number[] = []
  let last = 0
  while (reader.position < reader.end) {
    const shared = reader.next()
    const unshared = reader.next()
    ids.push(reader.next())
    const at = reader.position
    const start = keys.length
    if (reader.isBroken || shared > start - last || at + unshared > reader.end) throw new CorruptContent('an index page ends inside an entry')
    for (let i = 0; i < shared; i++) keys.push(keys[last + i] as number)
    for (let i = 0; i < unshared; i++) keys.push(page[at + i] as number)
    reader.position = at + unshared
    starts.push(start)
    last = start
  }
  if (level < 1 || ids.length === 0) throw new CorruptContent('an index page leads nowhere')
  starts.push(keys.length)
  return new IndexNode(level, Uint8Array.from(keys), Uint32Array.from(starts), Uint32Array.from(ids))
}

/** Bytes that a child takes at most. */
export function childBytes({ key }: ChildEntry): number {
  return key.length + 9
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
