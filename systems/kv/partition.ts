/**
 * One partition: a tree of entries and a tree of those that expire, the states that somebody reads, and one writer. A commit writes its pages to places that no
 * state uses, makes them durable, then says so in the manifest, and when that is durable it is the current state. Where that would write far more than was asked
 * for, the manifest is told what was asked for, and the pages are written later, together with those of commits after it.
 */
import { Misuse } from '../../sim/host/errors.js'
import type { Host } from '../../sim/host/seam.js'
import { type BatchOperation, type Changes, changesOf } from './batch.js'
import { type MovedPage, prepareCommit, rememberPages, updateUnused } from './commit.js'
import { DeferredPages } from './deferred-pages.js'
import { CorruptManifest, ExpiredTerm, KvError, NotWritten, StoreClosed, UnknownOutcome } from './errors.js'
import { filesOf } from './garbage.js'
import type { KvEvent } from './journal.js'
import { applyChanges, type Roots } from './key-changes.js'
import { applyDeltas, emptyState, type ManifestState } from './manifest-state.js'
import { MappingEdit } from './mapping.js'
import type { KvOptions } from './options.js'
import { AppendAllocator, type PageAllocator, ReuseAllocator } from './page-allocator.js'
import type { FileCounts, PageFiles } from './page-files.js'
import { PageReader } from './page-reader.js'
import type { ReadableState } from './reads.js'
import { type ManifestRedo, redoBytes } from './redo.js'
import type { Shard } from './shard.js'
import type { PartitionStorage } from './storage.js'
import type { StoreCaches } from './store-caches.js'
import { TreeEdit } from './tree-edit.js'
import { Version, VersionChain } from './version.js'
import { type QueuedWrite, WriteQueue } from './write-queue.js'

export interface PartitionOptions {
  readonly host: Host
  readonly name: string
  readonly options: KvOptions
  readonly storage: PartitionStorage
  readonly caches: StoreCaches
  readonly counts: FileCounts
  readonly shard: Shard
}

/** `in-doubt`: the manifest must be written anew before anything else. `expired`: another owner has it. */
export type PartitionHealth = 'well' | 'in-doubt' | 'expired' | 'closed'

export class Partition {
  readonly name: string
  readonly host: Host
  readonly options: KvOptions
  readonly storage: PartitionStorage
  readonly pages: PageReader
  readonly deferred: DeferredPages
  readonly files: PageFiles
  readonly chain: VersionChain
  readonly allocator: PageAllocator
  readonly queue: WriteQueue
  readonly shard: Shard
  /** Data files that were removed and that the manifest still lists. */
  readonly goneFiles = new Set<number>()
  /** By archive the files that it names; null: it cannot be read. */
  readonly archiveFiles = new Map<string, ReadonlySet<number> | null>()
  health: PartitionHealth = 'well'
  /** Writers at work: one at most. */
  writers = 0
  commits = 0
  /** How many there were when it was last seen to. */
  commitsSeen = 0
  /** Bytes of keys and values that were asked to be written. */
  bytesAsked = 0
  #state: ManifestState
  readonly #unused: number[]
  /** Places of a commit in doubt: nobody may have them before it is decided. */
  #doubtful: readonly number[] = []
  #clockMillis: number
  /** The state that was read last: most reads are of the same. */
  #readable: { readonly version: Version; readonly state: ReadableState } | null = null
  #isDraining = false
  readonly #whenIdle: (() => void)[] = []

  private constructor({ host, name, options, storage, caches, shard }: PartitionOptions, state: ManifestState) {
    this.name = name
    this.host = host
    this.options = options
    this.storage = storage
    this.shard = shard
    this.#state = state
    this.#clockMillis = state.clockMillis
    this.#unused = state.mapping.unused()
    this.files = storage.openFiles(state, (file) => this.#state.files.get(file)?.term)
    const { pageBytes, filePages } = state
    this.deferred = new DeferredPages(pageBytes)
    this.pages = new PageReader({ files: this.files, deferred: this.deferred, pageBytes, filePages, ...caches.views() })
    this.allocator =
      state.layout === 'append' ? new AppendAllocator(state.next, state.filePages, storage.isSealing) : new ReuseAllocator(state.next, placesOf(state))
    this.chain = new VersionChain(new Version(state.sequence, state.root, state.expiryRoot, state.mapping), (physical) =>
      this.allocator.free(this.deferred.release(physical)),
    )
    this.queue = new WriteQueue(options.writeQueue)
  }

  /** Reads what is there and makes it durable. Rejects with a `KvError`; may be tried again. */
  static async open(parts: PartitionOptions): Promise<Partition> {
    const { options, storage, name } = parts
    const codec = options.codec?.name ?? ''
    const found = await storage.manifest.load()
    const state = found?.state ?? emptyState({ pageBytes: options.pageBytes, filePages: options.filePages, layout: options.layout, codec })
    if (state.codec !== codec) throw new Misuse(`${name}: its values were written with the codec '${state.codec}', not '${codec}'`)
    const partition = new Partition(parts, state)
    try {
      await partition.#recover(found?.redo ?? null)
    } catch (error) {
      await partition.close()
      throw error
    }
    return partition
  }

  /** `redo`: commits after the state that lies in files; null: there was no manifest. */
  async #recover(redo: readonly ManifestRedo[] | null): Promise<void> {
    const { name, state, files, storage } = this
    const present = new Set(await files.list())
    if (redo === null && present.size > 0) throw new CorruptManifest(name, 0, 'a manifest beside the data files', 'none')
    for (const file of filesOf(state.mapping, state.filePages))
      if (!present.has(file)) throw new CorruptManifest(name, 0, `the file ${files.nameOf(file)}, which it names`, 'none')
    // What an earlier life wrote last may be in the page cache alone: before it is read it has to be durable.
    await storage.manifest.rewrite(state)
    for (const each of redo ?? []) {
      const edit = new TreeEdit(this.pages, this.chain.current, this.#unused)
      const roots = await applyChanges({ edit, nowMillis: each.clockMillis, ...this.options }, this.chain.current, each.changes)
      this.#publishDeferred(each, edit, roots)
      this.#clockMillis = Math.max(this.#clockMillis, each.clockMillis)
    }
    this.tell({ kind: 'recovered', partition: name, sequence: this.chain.current.sequence, term: storage.term })
  }

  /** The one that lies in files, as the manifest has it. */
  get state(): ManifestState {
    return { ...this.#state, term: this.storage.term, next: Math.max(this.#state.next, this.allocator.next) }
  }

  /** Of the file that is being filled; no page lies beyond it. */
  get openFile(): number {
    return Math.floor(this.allocator.next / this.#state.filePages)
  }

  /** The wall clock, which never goes back here: what has expired stays so. */
  nowMillis(): number {
    this.#clockMillis = Math.max(this.#clockMillis, Math.floor(this.host.clock.wallMillis()))
    return this.#clockMillis
  }

  readable(version: Version): ReadableState {
    if (this.#readable === null || this.#readable.version !== version) {
      const { pages } = this
      const { codec } = this.options
      this.#readable = { version, state: { pages, mapping: version.mapping, root: version.root, codec } }
    }
    return this.#readable.state
  }

  requireOpen(): void {
    if (this.health === 'closed') throw new StoreClosed(`${this.name} is closed`)
    if (this.health === 'expired') throw new ExpiredTerm(this.name, this.storage.term)
  }

  /** All of it or nothing; settles when it is durable. */
  write(batch: readonly BatchOperation[]): Promise<void> {
    this.requireOpen()
    const done = this.queue.batch(batch)
    this.#drainSoon()
    return done
  }

  /** Runs when no commit is under way. */
  job(name: string, run: () => Promise<void>): Promise<void> {
    const done = this.queue.job(name, run)
    this.#drainSoon()
    return done
  }

  /** Runs while the current state is certainly the latest: with a cloud tier another owner may have gone on meanwhile, and then this rejects with `ExpiredTerm`. */
  async whileLatest(run: () => Promise<void>): Promise<void> {
    if (!this.storage.isSealing) return run()
    await this.job('confirm', async () => {
      try {
        await this.storage.confirm()
      } catch (error) {
        if (error instanceof ExpiredTerm && this.health === 'well') this.health = 'expired'
        throw error
      }
      await run()
    })
  }

  /** Makes a new state. Rejects with `UnknownOutcome` when it may be there or not; with other errors when it is not. */
  async commit(
    work: (edit: TreeEdit, roots: Roots, nowMillis: number) => Promise<Roots>,
    batches: readonly (readonly BatchOperation[])[] = [],
    moved: readonly MovedPage[] = [],
    changes: Changes | null = null,
  ): Promise<void> {
    const base = this.chain.current
    const sequence = base.sequence + 1
    const nowMillis = this.nowMillis()
    this.tell({ kind: 'committing', partition: this.name, sequence, term: this.storage.term, batches, nowMillis })
    const places: number[] = []
    try {
      const edit = new TreeEdit(this.pages, base, this.#unused)
      const roots = await work(edit, base, nowMillis)
      if (changes !== null && this.#isWorthDeferring(edit, changes)) {
        const redo = { sequence, clockMillis: nowMillis, changes }
        await this.storage.manifest.log?.(redo)
        this.#publishDeferred(redo, edit, roots)
      } else await this.#writePages({ sequence, edit, moved, roots, clockMillis: nowMillis, places })
    } catch (error) {
      this.#giveUp(error, sequence, places)
      throw error
    }
    this.commits++
    this.tell({ kind: 'committed', partition: this.name, sequence, term: this.storage.term })
  }

  /** Writes all pages that are still to be written. Runs as a job; rejects as a commit does. */
  async settle(): Promise<void> {
    if (!this.deferred.isEmpty) await this.commit(async (_edit, roots) => roots)
  }

  /** Those of the edit, and all that are still to be written. */
  async #writePages({ sequence, edit, moved, roots, clockMillis, places }: PageCommit): Promise<void> {
    const { allocator, goneFiles, deferred } = this
    const { manifest, term } = this.storage
    const { root, expiryRoot } = roots
    const state = this.#state
    const before = this.chain.current.mapping
    const gone = [...goneFiles]
    const draw = () => this.host.random.u32()
    const prepared = prepareCommit({ state, before, sequence, term, deferred, edit, moved, root, expiryRoot, clockMillis, allocator, draw, goneFiles: gone })
    for (const { physical } of prepared.pages) places.push(physical)
    this.tell({ kind: 'allocated', partition: this.name, physical: places })
    await this.files.write(prepared.pages)
    await manifest.append(prepared.delta)
    this.#state = applyDeltas(state, [prepared.delta])
    for (const file of gone) goneFiles.delete(file)
    updateUnused(this.#unused, edit, this.#state.mapping.length)
    rememberPages(this.pages, edit, prepared.delta.mapping)
    allocator.endCommit()
    deferred.settle(before)
    this.chain.publish(new Version(sequence, root, expiryRoot, this.#state.mapping), places, prepared.leftBehind)
  }

  /** Whether it costs less to write down what was asked for, and there is room for its pages until they are written. */
  #isWorthDeferring({ drafts }: TreeEdit, changes: Changes): boolean {
    const { deferred, storage } = this
    const { deferredBytes, manifestCopies } = this.options
    const record = redoBytes(changes)
    const pages = drafts.size * deferred.pageBytes
    if (storage.manifest.log === undefined || deferred.bytes + record + pages > deferredBytes) return false
    if ((deferred.redoBytes + record) * 8 > deferredBytes) return false
    // What changes nothing is no reason to write what can wait.
    if (drafts.size === 0) return !deferred.isEmpty
    // Where the pages are no longer than the record (long values) it is no gain, however few copies there are.
    return record * Math.max(2, manifestCopies) <= pages
  }

  /** The manifest has its record. */
  #publishDeferred(redo: ManifestRedo, edit: TreeEdit, { root, expiryRoot }: Roots): void {
    const before = this.chain.current.mapping
    const { mapping: changes, made, leftBehind } = this.deferred.take(redo.changes, edit, before, () => this.host.random.u32())
    const mapping = new MappingEdit(before)
    for (const change of changes) mapping.set(change)
    const next = new Version(redo.sequence, root, expiryRoot, mapping.finish())
    updateUnused(this.#unused, edit, next.mapping.length)
    rememberPages(this.pages, edit, changes)
    this.chain.publish(next, made, leftBehind)
  }

  /** Writes the whole state in place of what the manifest holds: what was in doubt is then certainly not. */
  async repair(): Promise<void> {
    if (this.health !== 'in-doubt') return
    try {
      await this.storage.manifest.rewrite(this.state)
    } catch (error) {
      // What it reads may be behind what another owner has acknowledged.
      if (error instanceof ExpiredTerm && this.health === 'in-doubt') this.health = 'expired'
      throw error
    }
    this.allocator.free(this.#doubtful)
    this.#doubtful = []
    this.allocator.endCommit()
    this.health = 'well'
    this.tell({ kind: 'recovered', partition: this.name, sequence: this.chain.current.sequence, term: this.storage.term })
  }

  /** The same state, without the changes that led to it. What it kept before stays until the new one is there; when that fails, it is tried again first. */
  async rewriteManifest(): Promise<void> {
    try {
      await this.storage.manifest.rewrite(this.state)
    } catch (error) {
      if (error instanceof KvError && this.health === 'well') this.health = error instanceof ExpiredTerm ? 'expired' : 'in-doubt'
      throw error
    }
  }

  /** What is under way ends; what waits is not done. */
  async close(): Promise<void> {
    if (this.health !== 'closed') this.health = 'closed'
    this.queue.close()
    if (this.#isDraining) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
    this.storage.manifest.close()
    this.files.close()
    this.pages.index.clear()
    this.pages.data.clear()
    this.pages.filters.clear()
  }

  tell(event: KvEvent): void {
    this.options.journal?.tell(event)
  }

  #giveUp(error: unknown, sequence: number, places: readonly number[]): void {
    if (error instanceof UnknownOutcome) {
      if (this.health === 'well') this.health = 'in-doubt'
      this.#doubtful = places
      this.tell({ kind: 'in-doubt', partition: this.name, sequence })
      return
    }
    if (error instanceof ExpiredTerm && this.health === 'well') this.health = 'expired'
    this.allocator.free(places)
    this.allocator.endCommit()
    this.tell({ kind: 'aborted', partition: this.name, sequence })
  }

  #drainSoon(): void {
    if (this.#isDraining) return
    if (this.queue.length === 0) {
      for (const idle of this.#whenIdle.splice(0)) idle()
      return
    }
    this.#isDraining = true
    // Batches that come in the same moment go together.
    void this.shard.run(() => this.#drain(), true).catch((error: unknown) => this.host.spawn('kv writer', () => Promise.reject(error)))
  }

  /** One round, so that the partitions of a shard take turns. After a defect nothing more is written. */
  async #drain(): Promise<void> {
    this.writers++
    const most = this.host.maybe('kv.lonely-batches') ? 1 : this.options.mostBatchesACommit
    const taken = this.queue.take(most)
    if (taken.length > 0) await this.#perform(taken)
    this.writers--
    this.#isDraining = false
    this.#drainSoon()
  }

  async #perform(taken: readonly QueuedWrite[]): Promise<void> {
    try {
      if (this.health === 'in-doubt') await this.#repairFirst()
      this.requireOpen()
      const [first] = taken
      if (first?.kind === 'job') await first.run()
      else await this.commitBatches(taken.flatMap((each) => (each.kind === 'batch' ? [each.batch] : [])))
    } catch (error) {
      for (const { done } of taken) done.reject(error)
      // Whoever waits is told of what the engine has words for; anything else is a defect, and ends the process.
      if (!(error instanceof KvError)) throw error
      return
    }
    for (const { done } of taken) done.resolve()
  }

  async #repairFirst(): Promise<void> {
    try {
      await this.repair()
    } catch (error) {
      if (!(error instanceof UnknownOutcome)) throw error
      throw new NotWritten(`${this.name} could not be repaired first: ${error.message}`)
    }
  }

  commitBatches(batches: readonly (readonly BatchOperation[])[]): Promise<void> {
    const changes = changesOf(batches)
    for (const change of changes.operations) this.bytesAsked += change.key.length + (change.kind === 'put' ? change.value.length : 0)
    const work = (edit: TreeEdit, roots: Roots, nowMillis: number) => applyChanges({ edit, nowMillis, ...this.options }, roots, changes)
    return this.commit(work, batches, [], changes)
  }
}

interface PageCommit {
  readonly sequence: number
  readonly edit: TreeEdit
  readonly moved: readonly MovedPage[]
  readonly roots: Roots
  readonly clockMillis: number
  /** Filled with those that the commit takes. */
  readonly places: number[]
}

function* placesOf({ mapping }: ManifestState): Generator<number> {
  for (const { physical } of mapping.pages()) yield physical
}
