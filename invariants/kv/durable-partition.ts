/**
 * A partition as its disk holds it for certain: what a power loss at this moment would leave. Follows the manifest record by record and looks at every page once
 * for as long as it stays what it is.
 */
import type { DurableFile, DurableView } from '../../sim/index.js'
import { compareBytes, noBytes } from '../../systems/kv/bytes.js'
import { nextLeaf, previousLeaf, readEntries } from '../../systems/kv/data-page.js'
import { entryFlags, type LeafEntry } from '../../systems/kv/entry.js'
import { CorruptContent, CorruptManifest } from '../../systems/kv/errors.js'
import { type ChildEntry, readIndex } from '../../systems/kv/index-page.js'
import { manifestPaths } from '../../systems/kv/local-manifest.js'
import { type ReplayedManifest, replayManifest } from '../../systems/kv/manifest-log.js'
import { type ManifestRecord, ownerOf, readRecord } from '../../systems/kv/manifest-record.js'
import { applyDeltas, type ManifestState } from '../../systems/kv/manifest-state.js'
import { decodeReference, readOverflowPage } from '../../systems/kv/overflow-page.js'
import { describeSeal, isIntact, pageHeaderBytes, pageType, pageTypes } from '../../systems/kv/page.js'
import type { KvFault } from './observer.js'
import { show } from './reference-map.js'

interface FollowedManifest extends KeptCommits {
  file: DurableFile
  end: number
}

/** What a manifest says: a state that lies in files, commits after it, and the number of the last of all. */
export type KeptCommits = Pick<ReplayedManifest, 'state' | 'redo' | 'sequence'>

/** A page of a tree as it was last looked at. */
type Looked =
  | { readonly kind: 'leaf'; readonly stamp: number; readonly entries: readonly LeafEntry[]; readonly previous: number | null; readonly next: number | null }
  | { readonly kind: 'index'; readonly stamp: number; readonly level: number; readonly children: readonly ChildEntry[] }
  | { readonly kind: 'overflow'; readonly stamp: number; readonly part: Uint8Array; readonly pointers: readonly number[] }

export class DurablePartition {
  readonly #view: DurableView
  readonly #directory: string
  readonly #owner: number
  readonly #manifests = new Map<string, FollowedManifest>()
  readonly #looked = new Map<number, Looked & { readonly physical: number }>()

  constructor(view: DurableView, directory: string, partition: string) {
    this.#view = view
    this.#directory = directory
    this.#owner = ownerOf(partition)
  }

  /** As the copies of the manifest have it together; null: there is none that is whole. */
  kept(): KeptCommits | null {
    let best: KeptCommits | null = null
    for (const path of manifestPaths(this.#directory, 2)) {
      const kept = this.#follow(path)
      if (kept !== null && kept.sequence > (best?.sequence ?? -1)) best = kept
    }
    return best
  }

  /** Walks both trees; answers what is wrong, or the entries. Pages that are as they were are not looked at again, unless `anew`. */
  walk(state: ManifestState, anew: boolean): KvFault | readonly LeafEntry[] {
    if (anew) this.#looked.clear()
    const walk = new Walk(state, (logical) => this.#look(state, logical))
    const entries = walk.tree(state.root)
    const expiries = walk.tree(state.expiryRoot)
    if (walk.fault === undefined) walk.balance(expiries)
    for (const logical of [...this.#looked.keys()]) if (state.mapping.physicalOf(logical) < 0) this.#looked.delete(logical)
    return walk.fault ?? entries
  }

  /** The whole value of an entry. */
  value(state: ManifestState, entry: LeafEntry): Uint8Array {
    if ((entry.flags & entryFlags.overflow) === 0) return entry.value
    const { length, pointers } = decodeReference(entry.value)
    const value = new Uint8Array(length)
    let at = 0
    let list = pointers
    while (list.length > 0) {
      let next: readonly number[] = []
      for (const logical of list) {
        const page = this.#look(state, logical)
        if (typeof page === 'string' || page.kind !== 'overflow') return noBytes
        value.set(page.part, at)
        at += page.part.length
        next = page.pointers
      }
      list = next
    }
    return value
  }

  #follow(path: string): KeptCommits | null {
    const file = this.#view.file(path)
    if (file === null) return null
    const followed = this.#manifests.get(path)
    try {
      if (followed === undefined || followed.file !== file || file.durableSize < followed.end) {
        const found = replayManifest(file.viewDurable(0), path, this.#owner)
        if (found === null) return null
        this.#manifests.set(path, { file, ...found })
        return found
      }
      const bytes = file.viewDurable(followed.end)
      let at = 0
      for (let next = readRecord(bytes, at, this.#owner); next !== null; next = readRecord(bytes, at, this.#owner)) {
        if (next.record.kind === 'whole' || next.record.kind === 'unknown') break
        follow(followed, next.record)
        at = next.end
      }
      followed.end += at
      return followed
    } catch (error) {
      if (error instanceof CorruptManifest) return null
      throw error
    }
  }

  #look(state: ManifestState, logical: number): Looked | string {
    const physical = state.mapping.physicalOf(logical)
    if (physical < 0) return `logical page ${logical} is named and lies nowhere`
    const stamp = state.mapping.stampOf(logical)
    const before = this.#looked.get(logical)
    if (before !== undefined && before.stamp === stamp && before.physical === physical) return before
    const path = `${this.#directory}/data-${Math.floor(physical / state.filePages)}`
    const page = this.#view.readFrom(path, (physical % state.filePages) * state.pageBytes)?.subarray(0, state.pageBytes)
    if (page === undefined) return `${path} is not there, though logical page ${logical} lies in it`
    if (!isIntact(page, state.pageBytes, logical, stamp)) {
      const { expected, found } = describeSeal(page, state.pageBytes, logical, stamp)
      return `${path}: page ${physical % state.filePages} (logical ${logical}): expected ${expected}, found ${found}`
    }
    try {
      const looked = { ...parse(page, stamp), physical }
      this.#looked.set(logical, looked)
      return looked
    } catch (error) {
      if (error instanceof CorruptContent) return `logical page ${logical}: ${error.message}`
      throw error
    }
  }
}

function follow(followed: Writable<KeptCommits>, record: Exclude<ManifestRecord, { kind: 'whole' | 'unknown' }>): void {
  if (record.kind === 'redo') {
    followed.redo = [...followed.redo, record.redo]
    followed.sequence = record.redo.sequence
    return
  }
  followed.state = applyDeltas(followed.state, [record.delta])
  followed.redo = []
  followed.sequence = record.delta.sequence
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

function parse(page: Uint8Array, stamp: number): Looked {
  switch (pageType(page)) {
    case pageTypes.data:
      return { kind: 'leaf', stamp, entries: readEntries(page), previous: previousLeaf(page), next: nextLeaf(page) }
    case pageTypes.index:
      return { kind: 'index', stamp, level: page[pageHeaderBytes] as number, children: readIndex(page).children }
    default:
      return { kind: 'overflow', stamp, ...readOverflowPage(page) }
  }
}

/** One look at the trees of a state. */
class Walk {
  fault: KvFault | undefined
  readonly #seen = new Set<number>()
  #expiring = 0
  /** The data page before, of the tree that is being walked. */
  #lastLeaf: number | null = null
  #lastNext: number | null = null

  constructor(
    readonly state: ManifestState,
    readonly look: (logical: number) => Looked | string,
  ) {}

  tree(root: number | null): LeafEntry[] {
    const entries: LeafEntry[] = []
    this.#lastLeaf = null
    this.#lastNext = null
    if (root !== null) this.#page(root, null, noBytes, null, entries)
    if (this.#lastNext !== null) this.#say('TreeOrder', `data page ${this.#lastLeaf} leads on to ${this.#lastNext}, and is the last`)
    return entries
  }

  /** Every page in use was met exactly once, and every entry that expires has its place in the other tree. */
  balance(expiries: readonly LeafEntry[]): undefined {
    for (const { logical } of this.state.mapping.pages()) {
      if (!this.#seen.has(logical)) return this.#say('OverflowBalance', `logical page ${logical} is in use, and nothing leads to it`)
    }
    if (expiries.length !== this.#expiring)
      this.#say('OverflowBalance', `${this.#expiring} entries expire, and the tree of those that do has ${expiries.length}`)
  }

  #page(logical: number, level: number | null, low: Uint8Array, high: Uint8Array | null, entries: LeafEntry[]): undefined {
    const page = this.#meet(logical)
    if (page === null) return
    if (page.kind === 'overflow' || (level !== null && (page.kind === 'leaf' ? 0 : page.level) !== level))
      return this.#say(
        'TreeOrder',
        `logical page ${logical} is ${page.kind === 'overflow' ? 'an overflow page' : 'of another level'} than what leads to it says`,
      )
    const items: readonly { readonly key: Uint8Array }[] = page.kind === 'leaf' ? page.entries : page.children.slice(1)
    let before: Uint8Array | null = null
    for (const { key } of items) {
      if ((before !== null && compareBytes(before, key) >= 0) || compareBytes(key, low) < 0 || (high !== null && compareBytes(key, high) >= 0))
        return this.#say('TreeOrder', `logical page ${logical}: ${show(key)} is out of order, or beyond ${show(low)} and ${show(high)}`)
      before = key
    }
    if (page.kind === 'leaf') return this.#leaf(logical, page, entries)
    for (const [i, { key, child }] of page.children.entries()) {
      this.#page(child, page.level - 1, i === 0 ? low : key, page.children[i + 1]?.key ?? high, entries)
      if (this.fault !== undefined) return
    }
  }

  #leaf(logical: number, page: Looked & { kind: 'leaf' }, entries: LeafEntry[]): undefined {
    if (page.previous !== this.#lastLeaf || (this.#lastLeaf !== null && this.#lastNext !== logical))
      return this.#say(
        'TreeOrder',
        `data page ${logical} says that it follows ${page.previous}; it follows ${this.#lastLeaf}, which leads on to ${this.#lastNext}`,
      )
    this.#lastLeaf = logical
    this.#lastNext = page.next
    if (page.entries.length === 0) return this.#say('TreeOrder', `data page ${logical} holds nothing`)
    for (const entry of page.entries) {
      entries.push(entry)
      if (entry.expiresAtMillis !== 0) this.#expiring++
      if ((entry.flags & entryFlags.overflow) !== 0) this.#overflow(entry)
    }
  }

  #overflow(entry: LeafEntry): undefined {
    const { length, pointers } = decodeReference(entry.value)
    let bytes = 0
    let list = pointers
    while (list.length > 0 && this.fault === undefined) {
      let next: readonly number[] = []
      for (const logical of list) {
        const page = this.#meet(logical)
        if (page === null) return
        if (page.kind !== 'overflow')
          return this.#say('OverflowBalance', `the value of ${show(entry.key)} leads to logical page ${logical}, which is no overflow page`)
        bytes += page.part.length
        next = page.pointers
      }
      list = next
    }
    if (bytes !== length) this.#say('OverflowBalance', `the value of ${show(entry.key)} has ${bytes} bytes in its pages, and should have ${length}`)
  }

  #meet(logical: number): Looked | null {
    if (this.#seen.has(logical)) {
      this.#say('OverflowBalance', `two places lead to logical page ${logical}`)
      return null
    }
    this.#seen.add(logical)
    const page = this.look(logical)
    if (typeof page !== 'string') return page
    this.#say('ManifestReachable', page)
    return null
  }

  #say(check: 'ManifestReachable' | 'TreeOrder' | 'OverflowBalance', message: string): undefined {
    this.fault ??= { check, message }
    return undefined
  }
}
