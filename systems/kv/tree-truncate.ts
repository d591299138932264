import { keepEntries, lowerBound, previousLeaf, readEntries } from './data-page.js'
import type { LeafEntry } from './entry.js'
import type { IndexNode } from './index-page.js'
import { paginateChildren } from './paginate.js'
import type { TreeEdit } from './tree-edit.js'

/**
 * Cuts off every key from `from` on: pages that hold nothing else go whole, only those on the path to `from` are written anew. `dropped` is given all entries that
 * go, so that what they lead to goes with them. Answers the root, null when nothing is left.
 */
export async function truncateTree(
  edit: TreeEdit,
  root: number,
  from: Uint8Array,
  dropped: (entries: readonly LeafEntry[]) => Promise<void>,
): Promise<number | null> {
  const page = await edit.treePage(root)
  return page instanceof Uint8Array ? cutLeaf(edit, root, page, from, dropped) : cutIndex(edit, root, page, from, dropped)
}

type Dropped = (entries: readonly LeafEntry[]) => Promise<void>

async function cutLeaf(edit: TreeEdit, logical: number, page: Uint8Array, from: Uint8Array, dropped: Dropped): Promise<number | null> {
  const entries = readEntries(page)
  const kept = lowerBound(entries, from)
  await dropped(entries.slice(kept))
  const left = previousLeaf(page)
  if (kept === 0) {
    edit.free(logical)
    await edit.link(left, null)
    return null
  }
  edit.place(logical, keepEntries(page, kept))
  edit.setNext(logical, null)
  return logical
}

async function cutIndex(edit: TreeEdit, logical: number, node: IndexNode, from: Uint8Array, dropped: Dropped): Promise<number | null> {
  const position = node.positionOf(from)
  for (let i = position + 1; i < node.length; i++) await dropBelow(edit, node.id(i), dropped)
  const last = node.child(position)
  const cut = await truncateTree(edit, last.child, from, dropped)
  const kept = [...node.children.slice(0, position), ...(cut === null ? [] : [{ key: last.key, child: cut }])]
  const [only] = kept
  if (only === undefined) {
    edit.free(logical)
    return null
  }
  const [piece] = paginateChildren(kept, node.level, edit.pages.pageBytes)
  edit.place(logical, (piece as { page: Uint8Array }).page)
  return logical
}

async function dropBelow(edit: TreeEdit, logical: number, dropped: Dropped): Promise<void> {
  const page = await edit.treePage(logical)
  if (page instanceof Uint8Array) await dropped(readEntries(page))
  else for (let i = 0; i < page.length; i++) await dropBelow(edit, page.id(i), dropped)
  edit.free(logical)
}

/** The first page from here on that leads to more than one, or holds entries: the pages before it are freed. */
export async function lowestRoot(edit: TreeEdit, logical: number): Promise<number> {
  const page = await edit.treePage(logical)
  if (page instanceof Uint8Array || page.length > 1) return logical
  edit.free(logical)
  return lowestRoot(edit, page.id(0))
}
