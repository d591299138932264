/** The store: opens partitions, runs their work on shards, keeps them tidy. */
import { Misuse } from '../../sim/host/errors.js'
import type { Host, Timer } from '../../sim/host/seam.js'
import { loadArchives, makeArchive, OpenedArchive, removeArchive, requireArchives } from './archive.js'
import { type BatchOperation, checkedBatch, ownKey, requireKey } from './batch.js'
import { openCloudStorage } from './cloud-storage.js'
import { KvError, StoreClosed } from './errors.js'
import { openLocalStorage } from './local-storage.js'
import { completeOptions, type GivenOptions, type KvOptions, longestKey } from './options.js'
import { FileCounts } from './page-files.js'
import { Partition } from './partition.js'
import { prewarm } from './prewarm.js'
import { type KvEntry, readKey, type ScanOptions } from './reads.js'
import { ShardGroup } from './shard.js'
import { Snapshot } from './snapshot.js'
import { type StoreStats, statsOf } from './stats.js'
import { StoreCaches } from './store-caches.js'
import { keepUp } from './upkeep.js'
import type { Version } from './version.js'

export interface PutOptions {
  /** Wall-clock milliseconds after which it is gone. */
  readonly expiresAtMillis?: number
  /** The same, from now on. */
  readonly ttlMillis?: number
}

/** Opens a store on the host's disk. Partitions are opened when they are first asked for. */
export async function open(host: Host, given: GivenOptions = {}): Promise<KvStore> {
  const store = new KvStore(host, completeOptions(given))
  store.startUpkeep()
  return store
}

export class KvStore {
  readonly host: Host
  readonly options: KvOptions
  readonly counts = new FileCounts()
  readonly caches: StoreCaches
  readonly shards: ShardGroup
  readonly #directories: Set<string>
  readonly #partitions = new Map<string, Promise<KvPartition>>()
  /** Those that are open, in the order of their opening. */
  readonly #open = new Map<string, KvPartition>()
  #upkeep: Timer | null = null
  #isClosed = false
  #closing: Promise<void> | null = null
  #isKeepingUp = false

  constructor(host: Host, options: KvOptions) {
    this.host = host
    this.options = options
    this.#directories = takeDirectory(host, options.directory)
    this.caches = new StoreCaches(options)
    this.shards = new ShardGroup(options.shards, options.shardConcurrency, options.shardQueue)
  }

  /** From now on it tidies up by itself, every `upkeepEvery`. */
  startUpkeep(): void {
    this.#upkeep ??= this.host.clock.every(Math.max(1, this.options.upkeepEvery), () => this.#keepUpSoon())
  }

  /** Partitions that are open. */
  get partitions(): readonly KvPartition[] {
    return [...this.#open.values()]
  }

  /** Opens a partition of a table, or makes it. Rejects with a `KvError`; may be tried again. */
  partition(table: string, number = 0): Promise<KvPartition> {
    if (!/^[a-z][a-z0-9_]*$/.test(table)) throw new Misuse(`a table's name is lower-case letters, digits and underscores, not '${table}'`)
    if (!Number.isSafeInteger(number) || number < 0) throw new Misuse(`a partition's number is an integer from 0 on, not ${number}`)
    if (this.#isClosed) return Promise.reject(new StoreClosed('the store is closed'))
    const name = `${table}-${number}`
    let opening = this.#partitions.get(name)
    if (opening === undefined) {
      opening = this.#openPartition(name)
      this.#partitions.set(name, opening)
      opening.catch(() => this.#partitions.delete(name))
    }
    return opening
  }

  /** Writes pages that wait, removes what has expired, compacts and collects, in every partition until there is nothing left to do. */
  async keepUp(): Promise<void> {
    await this.#keepUp(false)
  }

  stats(): StoreStats {
    return statsOf(this)
  }

  /** What is under way ends; what waits is not done. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#isClosed = true
    this.#upkeep?.cancel()
    for (const shard of this.shards.shards) shard.close()
    for (const opening of [...this.#partitions.values()]) {
      const partition = await opening.catch(() => null)
      await partition?.core.close()
    }
    this.#directories.delete(this.options.directory)
  }

  async #openPartition(name: string): Promise<KvPartition> {
    const { host, options, caches, counts } = this
    const storage = await (options.cloud === null
      ? openLocalStorage(host, options, name, counts)
      : openCloudStorage(host, options, options.cloud, name, counts))
    let core: Partition | undefined
    try {
      core = await Partition.open({ host, name, options, storage, caches, counts, shard: this.shards.of(name) })
      await loadArchives(core)
    } catch (error) {
      await core?.close()
      throw error
    }
    if (this.#isClosed) {
      await core.close()
      throw new StoreClosed('the store is closed')
    }
    const partition = new KvPartition(core)
    this.#open.set(name, partition)
    if (options.prewarms) {
      const opened = core
      host.spawn('kv prewarm', () => prewarm(opened))
    }
    return partition
  }

  #keepUpSoon(): void {
    if (this.#isKeepingUp) return
    this.#isKeepingUp = true
    this.host.spawn('kv upkeep', async () => {
      await this.#keepUp(true)
      this.#isKeepingUp = false
    })
  }

  async #keepUp(mayWait: boolean): Promise<void> {
    for (const { core } of this.partitions) await keepUp(core, mayWait)
  }
}

/** By host, the directories that a store is open in. */
const openDirectories = new WeakMap<Host, Set<string>>()

/** Two stores that write the same files would each acknowledge what the other writes over. */
function takeDirectory(host: Host, directory: string): Set<string> {
  const open = openDirectories.get(host) ?? new Set()
  openDirectories.set(host, open)
  if (open.has(directory)) throw new Misuse(`a store is open in ${directory} already: close it first, or use that one`)
  return open.add(directory)
}

/** What a caller does with a partition. Keys and values are bytes; every method rejects with a `KvError` when it cannot. */
export class KvPartition {
  readonly core: Partition

  constructor(core: Partition) {
    this.core = core
  }

  get name(): string {
    return this.core.name
  }

  /** null: there is no such key, or it has expired. */
  read(key: Uint8Array): Promise<KvEntry | null> {
    const { core } = this
    try {
      const own = ownKey(key)
      core.requireOpen()
      const version = core.chain.current
      const nowMillis = core.nowMillis()
      if (core.options.dataCacheBytes === 0 && version.root !== null) return this.#readBelow(version, own, nowMillis, null)
      const found = readKey(core.readable(version), own, nowMillis)
      if (found instanceof Promise) return this.#readBelow(version, own, nowMillis, found)
      if (core.options.journal !== null) this.#tellRead(version, own, nowMillis, found)
      return Promise.resolve(found)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** What is not all in memory. */
  async #readBelow(version: Version, key: Uint8Array, nowMillis: number, started: Promise<KvEntry | null> | null): Promise<KvEntry | null> {
    const { core } = this
    // Its pages must stay until they are read.
    core.chain.pin(version)
    // Where the shard has no room nobody waits for what was begun.
    started?.catch(() => {})
    try {
      const found = await core.shard.run(async () => started ?? readKey(core.readable(version), key, nowMillis))
      this.#tellRead(version, key, nowMillis, found)
      return found
    } finally {
      core.chain.release(version)
    }
  }

  #tellRead({ sequence }: Version, key: Uint8Array, nowMillis: number, found: KvEntry | null): void {
    this.core.options.journal?.tell({ kind: 'read', partition: this.core.name, sequence, nowMillis, key: key.slice(), value: found?.value ?? null })
  }

  /** The entry with the largest key that is not above this one. */
  floor(key: Uint8Array): Promise<KvEntry | null> {
    return this.#withSnapshot((snapshot) => snapshot.floor(key))
  }

  /** Entries in the order of their keys, all of one state. */
  async *scan(options: ScanOptions = {}): AsyncGenerator<KvEntry> {
    const snapshot = this.snapshot()
    try {
      yield* snapshot.scan(options)
    } finally {
      snapshot.release()
    }
  }

  write(key: Uint8Array, value: Uint8Array, options: PutOptions = {}): Promise<void> {
    return this.batchWrite([{ kind: 'put', key, value, ...this.#expiry(options) }])
  }

  delete(key: Uint8Array): Promise<void> {
    return this.batchWrite([{ kind: 'delete', key }])
  }

  /** All of it or nothing; durable when it settles. */
  async batchWrite(batch: readonly BatchOperation[]): Promise<void> {
    const { core } = this
    const checked = checkedBatch(batch, longestKey(core.pages.pageBytes))
    if (checked.length > 0) await core.write(checked)
  }

  /** Every key from this one on goes. */
  truncate(from: Uint8Array): Promise<void> {
    return this.batchWrite([{ kind: 'truncate', from }])
  }

  snapshot(): Snapshot {
    this.core.requireOpen()
    return new Snapshot(this.core)
  }

  /** Keeps the present state under a name. */
  async archive(): Promise<string> {
    requireArchives(this.core)
    let name = ''
    await this.core.job('archive', async () => {
      name = await makeArchive(this.core)
    })
    return name
  }

  /** Names of the archives that there are, oldest first. */
  archives(): readonly string[] {
    return [...this.core.archiveFiles.keys()]
  }

  /** What only it held comes back. Rejects with `NotFound` when there is none of that name. */
  removeArchive(name: string): Promise<void> {
    return this.core.job('remove archive', () => removeArchive(this.core, name))
  }

  openArchive(name: string): Promise<OpenedArchive> {
    return OpenedArchive.open(this.core, name)
  }

  /** Reads from the latest state there is: with a cloud tier another owner may have a later one, and then this rejects with `ExpiredTerm`. */
  async readLatest<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    let held: Snapshot | undefined
    try {
      await this.core.whileLatest(async () => {
        held = this.snapshot()
      })
      return await read(held as Snapshot)
    } finally {
      held?.release()
    }
  }

  #expiry({ expiresAtMillis, ttlMillis }: PutOptions): { readonly expiresAtMillis?: number } {
    if (expiresAtMillis !== undefined) return { expiresAtMillis }
    if (ttlMillis !== undefined && (!Number.isSafeInteger(ttlMillis) || ttlMillis < 1))
      throw new Misuse(`ttlMillis is an integer of milliseconds from 1 on, not ${ttlMillis}`)
    return ttlMillis === undefined ? {} : { expiresAtMillis: this.core.nowMillis() + ttlMillis }
  }

  async #withSnapshot<T>(work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    const snapshot = this.snapshot()
    try {
      return await work(snapshot)
    } finally {
      snapshot.release()
    }
  }
}

export { KvError, requireKey }
