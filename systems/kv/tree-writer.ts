/**
 * Changes a tree. Pages keep their logical numbers when their content changes, so that what leads to them stays as it is: a changed entry costs one data page,
 * and index pages are written only where pages are split, joined or emptied.
 */
import { equalBytes, noBytes } from './bytes.js'
import { entryBytes, nextLeaf, previousLeaf, readEntries } from './data-page.js'
import type { LeafEntry } from './entry.js'
import { type ChildEntry, childBytes, type IndexNode } from './index-page.js'
import { paginateChildren, paginateEntries } from './paginate.js'
import { separatorOf } from './separator.js'
import type { TreeEdit } from './tree-edit.js'
import { lowestRoot } from './tree-truncate.js'

/** What is done to the entries of a data page. `changes` are in the order of their keys. */
export interface LeafMerge<Change extends { readonly key: Uint8Array }> {
  /** The entries after the changes that concern them. */
  merge(entries: readonly LeafEntry[], changes: readonly Change[]): LeafEntry[] | Promise<LeafEntry[]>
  /** The same on the page as it is, where that can be: null where it cannot, or when less than `leastBytes` would be left in it. */
  patch?(page: Uint8Array, changes: readonly Change[], leastBytes: number): Uint8Array | null
}

/** A run of neighbours in the tree while they are rebuilt: entries of data pages, or children of index pages. */
type Run = { readonly kind: 'leaf'; readonly entries: LeafEntry[] } | { readonly kind: 'index'; readonly level: number; readonly children: ChildEntry[] }

export class TreeWriter<Change extends { readonly key: Uint8Array }> {
  readonly #edit: TreeEdit
  readonly #merge: LeafMerge<Change>
  readonly #pageBytes: number
  readonly #readAhead: number
  /** Runs that take less than this are joined with a neighbour. */
  readonly #least: number

  constructor(edit: TreeEdit, merge: LeafMerge<Change>, readAhead: number) {
    this.#edit = edit
    this.#merge = merge
    this.#pageBytes = edit.pages.pageBytes
    this.#readAhead = readAhead
    this.#least = Math.floor(this.#pageBytes / 4)
  }

  /** The root after the changes, null when nothing is left. */
  async apply(root: number | null, changes: readonly Change[]): Promise<number | null> {
    if (changes.length === 0) return root
    if (root === null) return this.#plant([], await this.#merge.merge([], changes), null)
    const page = await this.#edit.treePage(root)
    const run = await this.#change(page, changes)
    if (run === null) return root
    if (run.kind === 'leaf') return this.#plant([root], run.entries, page as Uint8Array)
    return this.#growRoot(root, run)
  }

  /** Leads to everything in the run from one page, the old root if there is need of one. */
  async #growRoot(root: number, run: Run & { kind: 'index' }): Promise<number | null> {
    let { level, children } = run
    let ids = [root]
    for (;;) {
      if (children.length === 0) {
        for (const id of ids) this.#edit.free(id)
        return null
      }
      const [only] = children
      if (children.length === 1 && only !== undefined) {
        for (const id of ids) this.#edit.free(id)
        return lowestRoot(this.#edit, only.child)
      }
      const refs = this.#placeIndexes(ids, noBytes, level, children)
      if (refs.length === 1) return (refs[0] as ChildEntry).child
      ids = []
      level++
      children = refs
    }
  }

  /** A tree whose root was a data page, or that had none. */
  async #plant(ids: readonly number[], entries: readonly LeafEntry[], before: Uint8Array | null): Promise<number | null> {
    const refs = await this.#placeLeaves(ids, noBytes, entries, before, before)
    return refs.length === 0
      ? null
      : refs.length === 1
        ? (refs[0] as ChildEntry).child
        : this.#growRoot(this.#edit.allocate(), { kind: 'index', level: 1, children: refs })
  }

  /** What the page holds after the changes; null: it stays as it is. */
  async #change(page: IndexNode | Uint8Array, changes: readonly Change[]): Promise<Run | null> {
    if (page instanceof Uint8Array) return { kind: 'leaf', entries: await this.#merge.merge(readEntries(page), changes) }
    const children = await this.#changeChildren(page, changes)
    return children === null ? null : { kind: 'index', level: page.level, children }
  }

  async #changeChildren(node: IndexNode, changes: readonly Change[]): Promise<ChildEntry[] | null> {
    const parts = partsOf(node, changes)
    if (node.level === 1) await this.#load(node, parts)
    const patch = node.level === 1 ? this.#merge.patch : undefined
    // Made only when there is need of it: most batches leave most nodes as they are.
    let out: ChildEntry[] | null = null
    let isChanged = false
    for (let i = 0; i < node.length; i++) {
      const own = parts[i]
      if (own === undefined) {
        out?.push(node.child(i))
        continue
      }
      const id = node.id(i)
      const found = this.#edit.treePage(id)
      const first = found instanceof Promise ? await found : found
      const patched = patch === undefined || !(first instanceof Uint8Array) ? null : patch(first, own, this.#least)
      if (patched !== null) {
        this.#edit.place(id, patched)
        out?.push(node.child(i))
        continue
      }
      const run = await this.#change(first, own)
      if (run === null) {
        out?.push(node.child(i))
        continue
      }
      out ??= Array.from({ length: i }, (_, before) => node.child(before))
      const ids = [id]
      let last = first
      let leftmost = first
      let key = node.key(i)
      while (bytesOf(run) < this.#least && i + 1 < node.length) {
        const next = node.child(++i)
        last = await this.#edit.treePage(next.child)
        joinAfter(run, await this.#changeOrKeep(last, parts[i] ?? []), next.key)
        ids.push(next.child)
      }
      const before = out[out.length - 1]
      if (before !== undefined && bytesOf(run) < this.#least) {
        out.pop()
        leftmost = await this.#edit.treePage(before.child)
        joinBefore(run, await this.#changeOrKeep(leftmost, []), key)
        ids.unshift(before.child)
        key = before.key
      }
      const refs =
        run.kind === 'leaf'
          ? await this.#placeLeaves(ids, key, run.entries, leftmost as Uint8Array, last as Uint8Array)
          : this.#placeIndexes(ids, key, run.level, run.children)
      if (
        refs.length !== ids.length ||
        refs.some((ref, position) => ref.child !== ids[position] || (position > 0 && !isKeyOf(node, ids[position] as number, ref.key)))
      )
        isChanged = true
      for (const ref of refs) out.push(ref)
    }
    return isChanged ? out : null
  }

  async #changeOrKeep(page: IndexNode | Uint8Array, changes: readonly Change[]): Promise<Run> {
    const changed = changes.length === 0 ? null : await this.#change(page, changes)
    if (changed !== null) return changed
    return page instanceof Uint8Array ? { kind: 'leaf', entries: readEntries(page) } : { kind: 'index', level: page.level, children: page.children }
  }

  /** Reads data pages together, so that a batch does not wait for each of them in turn. */
  async #load(node: IndexNode, parts: readonly (readonly Change[] | undefined)[]): Promise<void> {
    let loading: Promise<void>[] = []
    for (let i = 0; i < node.length; i++) {
      const load = parts[i] === undefined ? null : this.#edit.preload(node.id(i))
      if (load !== null && loading.push(load) === this.#readAhead) {
        await Promise.all(loading)
        loading = []
      }
    }
    if (loading.length > 0) await Promise.all(loading)
  }

  /** Writes entries into data pages in place of those with these ids, whose outermost are `leftmost` and `rightmost`. */
  async #placeLeaves(
    ids: readonly number[],
    key: Uint8Array,
    entries: readonly LeafEntry[],
    leftmost: Uint8Array | null,
    rightmost: Uint8Array | null,
  ): Promise<ChildEntry[]> {
    const edit = this.#edit
    // Links are looked up now: a neighbour may have been rebuilt meanwhile.
    const left = leftmost === null ? null : previousLeaf(await edit.leaf(ids[0] as number))
    const right = rightmost === null ? null : nextLeaf(await edit.leaf(ids[ids.length - 1] as number))
    const pieces = entries.length === 0 ? [] : paginateEntries(entries, this.#pageBytes, right === null)
    const refs: ChildEntry[] = pieces.map(({ items }, i) => {
      const before = pieces[i - 1]?.items
      const separator = before === undefined ? key : separatorOf((before[before.length - 1] as LeafEntry).key, (items[0] as LeafEntry).key)
      return { key: separator, child: ids[i] ?? edit.allocate() }
    })
    for (const id of ids.slice(pieces.length)) edit.free(id)
    for (const [i, { page }] of pieces.entries()) edit.place((refs[i] as ChildEntry).child, page)
    for (let i = 0; i + 1 < refs.length; i++) await edit.link((refs[i] as ChildEntry).child, (refs[i + 1] as ChildEntry).child)
    const first = refs[0]?.child
    const last = refs[refs.length - 1]?.child
    if (first === undefined || last === undefined) {
      await edit.link(left, right)
      return refs
    }
    await this.#attach(left, first, last, right, ids)
    return refs
  }

  /** Neighbours outside lead to the run as before unless the page at that end is another now. */
  async #attach(left: number | null, first: number, last: number, right: number | null, ids: readonly number[]): Promise<void> {
    const edit = this.#edit
    if (first === ids[0]) edit.setPrevious(first, left)
    else await edit.link(left, first)
    if (last === ids[ids.length - 1]) edit.setNext(last, right)
    else await edit.link(last, right)
  }

  #placeIndexes(ids: readonly number[], key: Uint8Array, level: number, children: readonly ChildEntry[]): ChildEntry[] {
    const edit = this.#edit
    const pieces = children.length === 0 ? [] : paginateChildren(children, level, this.#pageBytes)
    for (const id of ids.slice(pieces.length)) edit.free(id)
    return pieces.map(({ items, page }, i) => {
      const child = ids[i] ?? edit.allocate()
      edit.place(child, page)
      return { key: i === 0 ? key : (items[0] as ChildEntry).key, child }
    })
  }
}

/** The changes of each child that has some. */
function partsOf<Change extends { readonly key: Uint8Array }>(node: IndexNode, changes: readonly Change[]): (readonly Change[] | undefined)[] {
  const parts = new Array<Change[] | undefined>(node.length)
  for (const change of changes) {
    const position = node.positionOf(change.key)
    const part = parts[position]
    if (part === undefined) parts[position] = [change]
    else part.push(change)
  }
  return parts
}

function isKeyOf(node: IndexNode, child: number, key: Uint8Array): boolean {
  for (let i = 0; i < node.length; i++) if (node.id(i) === child) return equalBytes(node.key(i), key)
  return false
}

function bytesOf(run: Run): number {
  let bytes = 0
  if (run.kind === 'leaf') for (const entry of run.entries) bytes += entryBytes(entry)
  else for (const child of run.children) bytes += childBytes(child)
  return bytes
}

/** `key`: the separator between the two. */
function joinAfter(run: Run, next: Run, key: Uint8Array): void {
  if (run.kind === 'leaf' && next.kind === 'leaf') run.entries.push(...next.entries)
  else if (run.kind === 'index' && next.kind === 'index') run.children.push(...withFirstKey(next.children, key))
}

function joinBefore(run: Run, before: Run, key: Uint8Array): void {
  if (run.kind === 'leaf' && before.kind === 'leaf') run.entries.unshift(...before.entries)
  else if (run.kind === 'index' && before.kind === 'index') {
    const own = withFirstKey(run.children.splice(0), key)
    run.children.push(...before.children, ...own)
  }
}

function withFirstKey(children: readonly ChildEntry[], key: Uint8Array): ChildEntry[] {
  return children.map((child, i) => (i === 0 ? { key, child: child.child } : child))
}
