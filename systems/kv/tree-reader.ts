/** Looking for keys in a tree that does not change. */
import { compareBytes, noBytes } from './bytes.js'
import { findEntry, lowerBound, nextLeaf, previousLeaf, readEntries } from './data-page.js'
import type { LeafEntry } from './entry.js'
import { type ChildEntry, childPosition, type IndexNode } from './index-page.js'
import type { MappingTable } from './mapping.js'
import type { PageReader, TreePage } from './page-reader.js'

/** The entry of exactly this key; at once when all pages on the way are in memory. */
export function findKey(pages: PageReader, mapping: MappingTable, root: number, key: Uint8Array): LeafEntry | null | Promise<LeafEntry | null> {
  let logical = root
  for (;;) {
    const page = pages.page(mapping, logical)
    if (page instanceof Promise) return findBelow(pages, mapping, logical, page, key)
    if (page instanceof Uint8Array) return findEntry(page, key)
    logical = childOf(page, key)
    if (page.level === 1 && pages.isRuledOut(mapping, logical, key)) return null
  }
}

async function findBelow(pages: PageReader, mapping: MappingTable, logical: number, loading: Promise<TreePage>, key: Uint8Array): Promise<LeafEntry | null> {
  const page = await loading
  if (page instanceof Uint8Array) {
    const entry = findEntry(page, key)
    // Who looks for what is not there may look again.
    if (entry === null) pages.addFilter(mapping, logical, page)
    return entry
  }
  const child = childOf(page, key)
  if (page.level === 1 && pages.isRuledOut(mapping, child, key)) return null
  return findKey(pages, mapping, child, key)
}

function childOf(node: IndexNode, key: Uint8Array): number {
  return (node.children[childPosition(node.children, key)] as ChildEntry).child
}

/** The data page that a key belongs to; the last one for null. */
async function leafOf(pages: PageReader, mapping: MappingTable, root: number, key: Uint8Array | null): Promise<Uint8Array> {
  let logical = root
  for (;;) {
    const found = pages.page(mapping, logical)
    const page = found instanceof Promise ? await found : found
    if (page instanceof Uint8Array) return page
    logical = key === null ? (page.children[page.children.length - 1] as ChildEntry).child : childOf(page, key)
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
