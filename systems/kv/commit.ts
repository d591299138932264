import type { DeferredPages } from './deferred-pages.js'
import { readIndex } from './index-page.js'
import type { ManifestDelta, ManifestState } from './manifest-state.js'
import { type MappingChange, type MappingTable, unmapped } from './mapping.js'
import { pageType, pageTypes } from './page.js'
import type { PageAllocator } from './page-allocator.js'
import type { PlacedPage } from './page-files.js'
import type { PageReader } from './page-reader.js'
import type { TreeEdit } from './tree-edit.js'

/** A page that goes to another place as it is. */
export interface MovedPage {
  readonly logical: number
  readonly stamp: number
  readonly bytes: Uint8Array
}

/** What a commit is made of, once its pages have their places. */
export interface PreparedCommit {
  readonly pages: readonly PlacedPage[]
  readonly delta: ManifestDelta
  /** Places that the state before used, and this one does not. */
  readonly leftBehind: readonly number[]
}

export interface CommitParts {
  /** As the manifest has it. */
  readonly state: ManifestState
  /** Of the state before. */
  readonly before: MappingTable
  readonly sequence: number
  readonly term: number
  /** Pages of commits before that are still to be written. */
  readonly deferred: DeferredPages
  readonly edit: TreeEdit
  readonly moved: readonly MovedPage[]
  readonly root: number | null
  readonly expiryRoot: number | null
  readonly clockMillis: number
  readonly allocator: PageAllocator
  /** A word of dice. */
  readonly draw: () => number
  /** Data files that are gone since the commit before. */
  readonly goneFiles: Iterable<number>
}

/** Gives every new page its place and its stamp. */
export function prepareCommit(parts: CommitParts): PreparedCommit {
  const { state, sequence, edit, allocator, deferred } = parts
  const pages: PlacedPage[] = []
  const mapping: MappingChange[] = []
  const leftBehind = [...deferred.leftBehind]
  const leaveBehind = (logical: number) => {
    const physical = parts.before.physicalOf(logical)
    if (physical !== unmapped) leftBehind.push(physical)
  }
  const place = (logical: number, stamp: number, bytes: Uint8Array, isSealed: boolean) => {
    const physical = allocator.allocate()
    pages.push({ physical, bytes, seal: isSealed ? null : { logical, stamp } })
    mapping.push({ logical, physical, stamp })
    leaveBehind(logical)
  }
  for (const logical of deferred.changed) {
    if (edit.drafts.has(logical) || edit.freed.has(logical)) continue
    const page = deferred.page(parts.before.physicalOf(logical))
    if (page === undefined) mapping.push({ logical, physical: unmapped, stamp: 0 })
    else place(logical, parts.before.stampOf(logical), page, false)
  }
  for (const [logical, page] of edit.drafts) place(logical, parts.draw(), page, false)
  for (const { logical, stamp, bytes } of parts.moved) place(logical, stamp, bytes, true)
  for (const logical of edit.freed) {
    mapping.push({ logical, physical: unmapped, stamp: 0 })
    leaveBehind(logical)
  }
  pages.sort((a, b) => a.physical - b.physical)
  const { root, expiryRoot, clockMillis, term } = parts
  const files = state.layout === 'append' ? fileChanges(parts, pages) : []
  const delta: ManifestDelta = { sequence, term, clockMillis, root, expiryRoot, next: allocator.next, mapping, files }
  return { pages, delta, leftBehind }
}

function fileChanges({ state, term, goneFiles }: CommitParts, pages: readonly PlacedPage[]): ManifestDelta['files'] {
  const grown = new Map<number, number>()
  for (const { physical } of pages) grown.set(Math.floor(physical / state.filePages), (physical % state.filePages) + 1)
  return [
    ...[...goneFiles].map((file) => ({ file, term: 0, pages: 0 })),
    ...[...grown].map(([file, filePages]) => ({ file, term: state.files.get(file)?.term ?? term, pages: filePages })),
  ]
}

/** Puts what was written into memory, where it is asked for next. */
export function rememberPages(pages: PageReader, edit: TreeEdit, mapping: readonly MappingChange[]): void {
  for (const { logical, physical, stamp } of mapping) {
    const page = physical === unmapped ? undefined : edit.drafts.get(logical)
    if (page === undefined) continue
    if (pageType(page) === pageTypes.data) pages.data.add(logical, stamp, page, page.length)
    else if (pageType(page) === pageTypes.index) {
      const node = readIndex(page)
      pages.index.add(logical, stamp, node, node.bytes)
    }
  }
}

/** Logical pages that are free after an edit; the last is taken first. */
export function updateUnused(unused: number[], edit: TreeEdit, length: number): void {
  unused.length -= edit.taken
  for (const logical of edit.spare) if (logical < length) unused.push(logical)
  for (const logical of edit.freed) unused.push(logical)
}
