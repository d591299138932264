/**
 * One commit's pages: what it writes anew, what it frees, what it takes. Nothing of the state that it begins with is touched, and nothing is written before the
 * edit is complete: an edit that is given up leaves no trace.
 */

import { setNextLeaf, setPreviousLeaf } from './data-page.js'
import { CorruptContent } from './errors.js'
import { type IndexNode, readIndex } from './index-page.js'
import { unmapped } from './mapping.js'
import { pageType, pageTypes } from './page.js'
import type { PageReader } from './page-reader.js'
import type { Version } from './version.js'

export class TreeEdit {
  readonly pages: PageReader
  readonly base: Version
  /** New contents of logical pages, not sealed. */
  readonly drafts = new Map<number, Uint8Array>()
  /** Logical pages that were in use and are not any more. */
  readonly freed = new Set<number>()
  /** Logical pages that no state before used, and those taken from there. */
  readonly #unused: readonly number[]
  #taken = 0
  #length: number
  /** Taken and given back within this edit. */
  readonly #spare: number[] = []
  /** Data pages of the state before, read for this edit. */
  readonly #read = new Map<number, Uint8Array>()

  /** `unused`: logical pages below the mapping's length that are free, the last one first to be taken. */
  constructor(pages: PageReader, base: Version, unused: readonly number[]) {
    this.pages = pages
    this.base = base
    this.#unused = unused
    this.#length = base.mapping.length
  }

  /** How many of the unused logical pages it took. */
  get taken(): number {
    return this.#taken
  }

  /** Given back after they were taken: unused as before. */
  get spare(): readonly number[] {
    return this.#spare
  }

  get length(): number {
    return this.#length
  }

  allocate(): number {
    const spare = this.#spare.pop()
    if (spare !== undefined) return spare
    const reused = this.#unused[this.#unused.length - 1 - this.#taken]
    if (reused === undefined) return this.#length++
    this.#taken++
    return reused
  }

  /** The page is not part of the next state. */
  free(logical: number): void {
    this.drafts.delete(logical)
    if (this.base.mapping.physicalOf(logical) === unmapped) {
      this.#spare.push(logical)
      return
    }
    if (this.freed.has(logical)) throw new CorruptContent(`logical page ${logical} is freed twice: two pages lead to it`)
    this.freed.add(logical)
  }

  place(logical: number, page: Uint8Array): void {
    this.drafts.set(logical, page)
  }

  /** The bytes of a data page as the edit has it so far; to be looked at only. */
  async leaf(logical: number): Promise<Uint8Array> {
    return this.drafts.get(logical) ?? this.#read.get(logical) ?? this.pages.dataPage(this.base.mapping, logical)
  }

  /** Reads a data page that will be asked for; null: it is in memory. */
  preload(logical: number): Promise<void> | null {
    if (this.drafts.has(logical) || this.#read.has(logical)) return null
    const page = this.pages.leaf(this.base.mapping, logical)
    if (!(page instanceof Promise)) {
      this.#keep(logical, page)
      return null
    }
    return page.then((loaded) => this.#keep(logical, loaded))
  }

  /** At once when it is in memory. */
  treePage(logical: number): IndexNode | Uint8Array | Promise<IndexNode | Uint8Array> {
    const draft = this.drafts.get(logical)
    if (draft === undefined) return this.#read.get(logical) ?? this.pages.page(this.base.mapping, logical)
    return pageType(draft) === pageTypes.index ? readIndex(draft) : draft
  }

  async overflowPage(logical: number): Promise<Uint8Array> {
    return this.drafts.get(logical) ?? this.pages.overflowPage(this.base.mapping, logical)
  }

  /** Makes two data pages neighbours; null: there is none on that side. */
  async link(left: number | null, right: number | null): Promise<void> {
    if (left !== null) setNextLeaf(await this.#ownLeaf(left), right)
    if (right !== null) setPreviousLeaf(await this.#ownLeaf(right), left)
  }

  /** Of a page that is being written anyway. */
  setPrevious(logical: number, left: number | null): void {
    setPreviousLeaf(this.drafts.get(logical) as Uint8Array, left)
  }

  setNext(logical: number, right: number | null): void {
    setNextLeaf(this.drafts.get(logical) as Uint8Array, right)
  }

  #keep(logical: number, page: IndexNode | Uint8Array): void {
    if (!(page instanceof Uint8Array)) throw new CorruptContent(`logical page ${logical} is an index page where a data page should be`)
    this.#read.set(logical, page)
  }

  async #ownLeaf(logical: number): Promise<Uint8Array> {
    const draft = this.drafts.get(logical)
    if (draft !== undefined) return draft
    const copy = (await this.leaf(logical)).slice()
    this.drafts.set(logical, copy)
    return copy
  }
}
