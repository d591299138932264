/** Looking for keys in a tree that does not change. */
import { compareBytes, noBytes } from './bytes.js'
import { locateEntry, lowerBound, nextLeaf, previousLeaf, readEntries } from './data-page.js'
import type { LeafEntry } from './entry.js'
import { CorruptContent } from './errors.js'
import type { IndexNode } from './index-page.js'
import type { MappingTable } from './mapping.js'
import type { PageReader, TreePage } from './page-reader.js'

/** The data page that would hold the key, null: certainly none does; at once when all pages on the way are in memory. */
export function findLeaf(pages: PageReader, mapping: MappingTable, root: number, key: Uint8Array): Uint8Array | null | Promise<Uint8Array | null> {
  let page = pages.page(mapping, root)
  for (;;) {
    if (page instanceof Promise) return page.then((loaded) => findBelow(pages, mapping, loaded, key))
    if (page instanceof Uint8Array) return page
    const child = childOf(page, key)
    if (page.level > 1) page = pages.page(mapping, child)
    else if (pages.isRuledOut(mapping, child, key)) return null
    else {
      const leaf = pages.leaf(mapping, child)
      if (leaf instanceof Promise) return leaf.then((loaded) => noteAbsence(pages, mapping, child, loaded, key))
      page = leaf
    }
  }
}

function findBelow(pages: PageReader, mapping: MappingTable, page: TreePage, key: Uint8Array): Uint8Array | null | Promise<Uint8Array | null> {
  if (page instanceof Uint8Array) return page
  const child = childOf(page, key)
  if (page.level > 1) return findLeaf(pages, mapping, child, key)
  if (pages.isRuledOut(mapping, child, key)) return null
  const leaf = pages.leaf(mapping, child)
  return leaf instanceof Promise ? leaf.then((loaded) => noteAbsence(pages, mapping, child, loaded, key)) : dataPageOf(leaf, child)
}

/** Who looks for what is not there may look again. */
function noteAbsence(pages: PageReader, mapping: MappingTable, logical: number, found: TreePage, key: Uint8Array): Uint8Array {
  const page = dataPageOf(found, logical)
  if (!locateEntry(page, key)) pages.addFilter(mapping, logical, page)
  return page
}

function dataPageOf(page: TreePage, logical: number): Uint8Array {
  if (!(page instanceof Uint8Array)) throw new CorruptContent(`logical page ${logical} is an index page where a data page should be`)
  return page
}

function childOf(node: IndexNode, key: Uint8Array): number {
  return node.id(node.positionOf(key))
}

/** The data page that a key belongs to; the last one for null. */
async function leafOf(pages: PageReader, mapping: MappingTable, root: number, key: Uint8Array | null): Promise<Uint8Array> {
  let logical = root
  for (;;) {
    const found = pages.page(mapping, logical)
    const page = found instanceof Promise ? await found : found
    if (page instanceof Uint8Array) return page
    logical = key === null ? page.id(page.length - 1) : childOf(page, key)
  }
}

export interface ScanRange {
  /** The least key, itself included; null: from the beginning. */
  readonly from: Uint8Array | null
  /** Below this key; null: to the end. */
  readonly to: Uint8Array | null
  readonly direction: 'forward' | 'backward'
}

/** Entries of a range, a data page's at a time. */
export async function* scanLeaves(pages: PageReader, mapping: MappingTable, root: number | null, range: ScanRange): AsyncGenerator<readonly LeafEntry[]> {
  if (root === null || (range.from !== null && range.to !== null && compareBytes(range.from, range.to) >= 0)) return
  const isForward = range.direction === 'forward'
  let leaf = await leafOf(pages, mapping, root, isForward ? (range.from ?? noBytes) : range.to)
  for (;;) {
    const entries = readEntries(leaf)
    const first = range.from === null ? 0 : lowerBound(entries, range.from)
    const end = range.to === null ? entries.length : lowerBound(entries, range.to)
    if (end > first) yield isForward ? entries.slice(first, end) : entries.slice(first, end).reverse()
    const next = isForward ? (end < entries.length ? null : nextLeaf(leaf)) : first > 0 ? null : previousLeaf(leaf)
    if (next === null) return
    leaf = await pages.dataPage(mapping, next)
  }
}
