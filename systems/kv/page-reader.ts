import { BloomFilter } from './bloom.js'
import { CopyPool } from './copy-pool.js'
import { readEntries } from './data-page.js'
import type { DeferredPages } from './deferred-pages.js'
import { CorruptContent, CorruptPage } from './errors.js'
import { type IndexNode, readIndex } from './index-page.js'
import { type MappingTable, unmapped } from './mapping.js'
import { describeSeal, isIntact, pageType, pageTypes } from './page.js'
import type { CacheView } from './page-cache.js'
import type { PageFiles } from './page-files.js'

/** A page of a tree: an index page as it is kept in memory, or the bytes of a data page. */
export type TreePage = IndexNode | Uint8Array

export interface PageReaderOptions {
  readonly files: PageFiles
  /** Pages that are not in files yet. */
  readonly deferred: DeferredPages
  readonly pageBytes: number
  readonly filePages: number
  readonly index: CacheView<IndexNode>
  readonly data: CacheView<Uint8Array>
  readonly filters: CacheView<BloomFilter>
}

/** Reads the pages of a partition, through the caches, and lets none pass that is not what was written. */
export class PageReader {
  readonly files: PageFiles
  readonly deferred: DeferredPages
  readonly index: CacheView<IndexNode>
  readonly data: CacheView<Uint8Array>
  readonly filters: CacheView<BloomFilter>
  /** For values that callers are given. */
  readonly copies = new CopyPool()
  readonly pageBytes: number
  readonly #filePages: number
  /** Pages that came back whole only from another copy. */
  healed = 0

  constructor(options: PageReaderOptions) {
    this.files = options.files
    this.deferred = options.deferred
    this.index = options.index
    this.data = options.data
    this.filters = options.filters
    this.pageBytes = options.pageBytes
    this.#filePages = options.filePages
  }

  /** At once when it is in memory. */
  page(mapping: MappingTable, logical: number): TreePage | Promise<TreePage> {
    const stamp = mapping.stampOf(logical)
    return this.index.get(logical, stamp) ?? this.data.get(logical, stamp) ?? this.#loadTreePage(mapping, logical)
  }

  /** The same, where it is a data page that is looked for. */
  leaf(mapping: MappingTable, logical: number): TreePage | Promise<TreePage> {
    return this.data.get(logical, mapping.stampOf(logical)) ?? this.page(mapping, logical)
  }

  /** Whether the data page certainly does not hold the key, as far as memory says. */
  isRuledOut(mapping: MappingTable, logical: number, key: Uint8Array): boolean {
    return this.filters.get(logical, mapping.stampOf(logical))?.mayHold(key) === false
  }

  addFilter(mapping: MappingTable, logical: number, page: Uint8Array): void {
    const filter = new BloomFilter(readEntries(page).map(({ key }) => key))
    this.filters.add(logical, mapping.stampOf(logical), filter, filter.bytes)
  }

  async dataPage(mapping: MappingTable, logical: number): Promise<Uint8Array> {
    const page = await this.page(mapping, logical)
    if (!(page instanceof Uint8Array)) throw new CorruptContent(`logical page ${logical} is an index page where a data page should be`)
    return page
  }

  async overflowPage(mapping: MappingTable, logical: number): Promise<Uint8Array> {
    const page = await this.raw(mapping, logical)
    if (pageType(page) !== pageTypes.overflow) throw new CorruptContent(`logical page ${logical} is no overflow page, and should be`)
    return page
  }

  /** The whole page from its file, if it has one already. */
  async raw(mapping: MappingTable, logical: number): Promise<Uint8Array> {
    const physical = mapping.physicalOf(logical)
    const stamp = mapping.stampOf(logical)
    if (physical === unmapped) throw new CorruptContent(`logical page ${logical} is named and lies nowhere`)
    const inMemory = this.deferred.page(physical)
    if (inMemory !== undefined) return inMemory
    const first = await this.files.read(physical)
    if (isIntact(first, this.pageBytes, logical, stamp)) return first
    const copy = this.files.hasCopies ? await this.files.readCopy(physical) : null
    if (copy !== null && isIntact(copy, this.pageBytes, logical, stamp)) {
      this.healed++
      return copy
    }
    // A read may have gone astray: what the device does once, it need not do again.
    const second = await this.files.read(physical)
    if (isIntact(second, this.pageBytes, logical, stamp)) return second
    const { expected, found } = describeSeal(second, this.pageBytes, logical, stamp)
    const file = this.files.nameOf(Math.floor(physical / this.#filePages))
    throw new CorruptPage({ file, page: physical % this.#filePages }, logical, expected, found)
  }

  async #loadTreePage(mapping: MappingTable, logical: number): Promise<TreePage> {
    const bytes = await this.raw(mapping, logical)
    const stamp = mapping.stampOf(logical)
    switch (pageType(bytes)) {
      case pageTypes.index: {
        const node = readIndex(bytes)
        this.index.add(logical, stamp, node, node.bytes)
        return node
      }
      case pageTypes.data:
        this.data.add(logical, stamp, bytes, bytes.length)
        return bytes
      default:
        throw new CorruptContent(`logical page ${logical} is no page of a tree, and should be`)
    }
  }
}
