import { DataPageBuilder, entryBytes } from './data-page.js'
import type { LeafEntry } from './entry.js'
import { type ChildEntry, childBytes, IndexPageBuilder } from './index-page.js'

/** A page's worth of what follows each other in a tree. */
export interface Piece<T> {
  readonly items: readonly T[]
  readonly page: Uint8Array
}

/**
 * Lays entries out in data pages: about evenly, so that there is room in each for what comes; `isAppending`: what comes will come at the end, so that pages are
 * filled but for a sixteenth. A later time of an entry takes more bytes than what it shared with its neighbours': a page without room would be split for them.
 */
export function paginateEntries(entries: readonly LeafEntry[], pageBytes: number, isAppending: boolean): Piece<LeafEntry>[] {
  return paginate(entries, entryBytes, pageBytes, isAppending, () => new DataPageBuilder(pageBytes))
}

export function paginateChildren(children: readonly ChildEntry[], level: number, pageBytes: number): Piece<ChildEntry>[] {
  return paginate(children, childBytes, pageBytes, false, () => new IndexPageBuilder(pageBytes, level))
}

interface Builder<T> {
  readonly used: number
  add(item: T): boolean
  finish(): Uint8Array
}

function paginate<T>(items: readonly T[], sizeOf: (item: T) => number, pageBytes: number, isAppending: boolean, begin: () => Builder<T>): Piece<T>[] {
  const whole = isAppending ? null : fillOne(items, begin())
  if (whole !== null) return [whole]
  let target = pageBytes - Math.floor(pageBytes / 16)
  if (!isAppending) {
    let total = 0
    for (const item of items) total += sizeOf(item)
    // Sizes are what items take at most: real pages turn out less full.
    target = total / Math.max(2, Math.ceil(total / (pageBytes - 64)))
  }
  const pieces: Piece<T>[] = []
  let builder = begin()
  let first = 0
  let size = 0
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as T
    const bytes = sizeOf(item)
    const isFull = i > first && (isAppending ? builder.used + bytes > target : size + bytes / 2 > target)
    if (isFull || !builder.add(item)) {
      pieces.push({ items: items.slice(first, i), page: builder.finish() })
      builder = begin()
      first = i
      size = 0
      builder.add(item)
    }
    size += bytes
  }
  pieces.push({ items: items.slice(first), page: builder.finish() })
  return pieces
}

function fillOne<T>(items: readonly T[], builder: Builder<T>): Piece<T> | null {
  for (const item of items) if (!builder.add(item)) return null
  return { items, page: builder.finish() }
}
