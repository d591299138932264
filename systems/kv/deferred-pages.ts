/**
 * What commits have made of the trees that are durable in the manifest as redo records alone: pages that have no place in a file yet. To mappings they lie at
 * negative places. A state in which they lie there is as good as any other to readers; the manifest's own state is the one before all of them, so that places which it
 * names are not free before the pages are written and the manifest says so.
 */
import type { Changes } from './batch.js'
import { type MappingChange, type MappingTable, unmapped } from './mapping.js'
import { redoBytes } from './redo.js'
import type { TreeEdit } from './tree-edit.js'

/** Physical pages from here on down lie in memory: small numbers, which are quick to look up, and no places in files. */
const firstDeferred = unmapped - 1
/** Of pages that nobody uses any more and that are kept for the next. */
const mostSpareBytes = 4 * 1024 * 1024

export class DeferredPages {
  /** Logical pages that are others now than in the manifest's own state: in memory or free. */
  readonly changed = new Set<number>()
  /** Places in files that the manifest's own state uses and the current one does not. */
  leftBehind: number[] = []
  /** What any state that is live has in memory. */
  readonly #pages = new Map<number, Uint8Array>()
  /** Places of pages that were written since: caches have them, and mappings name them by another place. */
  readonly #written = new Set<number>()
  /** New memory for each page would cost about as much as what is done with it. */
  readonly #spare: Uint8Array[] = []
  #next = firstDeferred
  #redoBytes = 0
  #isEmpty = true

  constructor(readonly pageBytes: number) {}

  /** Whether the manifest's own state is the current one. */
  get isEmpty(): boolean {
    return this.#isEmpty
  }

  /** Of memory: pages, and what the records say. */
  get bytes(): number {
    return this.#pages.size * this.pageBytes + this.#redoBytes
  }

  /** Of the records alone: what has to be done again at a start. */
  get redoBytes(): number {
    return this.#redoBytes
  }

  /** Memory for a page, with anything in it. */
  room(): Uint8Array {
    return this.#spare.pop() ?? new Uint8Array(this.pageBytes)
  }

  /** Nobody has it. */
  giveBack(room: Uint8Array): void {
    if (this.#spare.length * this.pageBytes < mostSpareBytes) this.#spare.push(room)
  }

  /** Not sealed. Undefined: it lies in a file. */
  page(physical: number): Uint8Array | undefined {
    if (physical > firstDeferred) return undefined
    const page = this.#pages.get(physical)
    if (page === undefined) throw new Error(`the page in memory at ${physical} is named and is not there`)
    return page
  }

  /** Takes in a commit of which the manifest has the record. */
  take(changes: Changes, edit: TreeEdit, before: MappingTable, draw: () => number): TakenPages {
    const mapping: MappingChange[] = []
    const made: number[] = []
    const inMemory: number[] = []
    const change = (logical: number, physical: number, stamp: number) => {
      mapping.push({ logical, physical, stamp })
      this.changed.add(logical)
      const from = before.physicalOf(logical)
      if (from <= firstDeferred) inMemory.push(from)
      else if (from !== unmapped) this.leftBehind.push(from)
    }
    for (const [logical, page] of edit.drafts) {
      const physical = this.#next--
      this.#pages.set(physical, page)
      made.push(physical)
      change(logical, physical, draw())
    }
    for (const logical of edit.freed) change(logical, unmapped, 0)
    this.#redoBytes += redoBytes(changes)
    this.#isEmpty = false
    return { mapping, made, leftBehind: inMemory }
  }

  /** No live state uses these places any more: answers those that lie in files. */
  release(physical: readonly number[]): number[] {
    const inFiles: number[] = []
    for (const place of physical) {
      if (place > firstDeferred) {
        inFiles.push(place)
        continue
      }
      const page = this.page(place) as Uint8Array
      this.#pages.delete(place)
      // A later page of the same number has its place in the cache.
      if (!this.#written.delete(place)) this.giveBack(page)
    }
    return inFiles
  }

  /** All was written that the state with this mapping has in memory. Pages stay for as long as a state names them there. */
  settle(before: MappingTable): void {
    for (const logical of this.changed) {
      const physical = before.physicalOf(logical)
      if (physical <= firstDeferred) this.#written.add(physical)
    }
    this.changed.clear()
    this.leftBehind = []
    this.#redoBytes = 0
    this.#isEmpty = true
  }
}

/** What a commit makes of pages in memory. */
interface TakenPages {
  /** What it changes in the mapping. */
  readonly mapping: MappingChange[]
  readonly made: number[]
  /** Those in memory that the state before uses, and this one does not. */
  readonly leftBehind: number[]
}
