import { Misuse } from '../../sim/host/errors.js'
import { archiveName, decodeArchive, encodeArchive, parseArchiveName } from './archives.js'
import { ownKey } from './batch.js'
import { ExpiredTerm, KvError, NotFound, UnknownOutcome } from './errors.js'
import { filesOf } from './garbage.js'
import type { ManifestState } from './manifest-state.js'
import type { Partition } from './partition.js'
import { type KvEntry, ownScan, type ReadableState, readFloor, readKey, type ScanOptions, scanState } from './reads.js'
import { type Scanned, toldScan } from './told-scan.js'

/** Learns which files archives name: before anything is collected. */
export async function loadArchives(partition: Partition): Promise<void> {
  const { archives } = partition.storage
  const names = await archives.list()
  for (const name of names) {
    try {
      const state = await readArchive(partition, name)
      partition.archiveFiles.set(name, filesOf(state.mapping, state.filePages))
    } catch (error) {
      if (!(error instanceof KvError)) throw error
      partition.archiveFiles.set(name, null)
      partition.host.log.warn('kv.archive', { partition: partition.name, archive: name, error: error.message })
    }
  }
  partition.tell({ kind: 'archives-found', partition: partition.name, names })
}

/** Throws `Misuse` where there can be none. */
export function requireArchives({ state }: Partition): void {
  if (state.layout !== 'append') throw new Misuse("archives need the layout 'append': otherwise pages are written over")
}

/**
 * Keeps the current state, as of now; answers its name. To be run by the partition's writer. Rejects with `UnknownOutcome` when the archive may be there: then it is
 * among the others, with the files that it names, until it is removed.
 */
export async function makeArchive(partition: Partition): Promise<string> {
  const { storage, archiveFiles, options } = partition
  requireArchives(partition)
  await partition.settle()
  const { state } = partition
  const names = [...archiveFiles.keys()]
  const latest = Math.max(0, ...names.map((name) => parseArchiveName(name)?.timeMillis ?? 0))
  const name = archiveName({ term: storage.term, timeMillis: Math.max(partition.nowMillis(), latest + 1) })
  // Its files are held from now on: it may be there although its writing seems to have failed.
  archiveFiles.set(name, filesOf(state.mapping, state.filePages))
  try {
    // What had expired by now is not there for those who read it, whenever the state was written.
    await storage.archives.put(name, encodeArchive({ ...state, clockMillis: partition.nowMillis() }, `${partition.name}/${name}`))
  } catch (error) {
    if (error instanceof KvError && !(error instanceof UnknownOutcome)) archiveFiles.delete(name)
    throw error
  }
  await confirmArchive(partition, name)
  partition.tell({ kind: 'archived', partition: partition.name, sequence: state.sequence, name })
  await removeOld(partition, options.keptArchives)
  return name
}

/** A later owner has looked for archives already, and does not know of this one: nothing holds its files, and it goes again. */
async function confirmArchive(partition: Partition, name: string): Promise<void> {
  const { storage, archiveFiles } = partition
  try {
    await storage.confirm()
  } catch (error) {
    if (error instanceof ExpiredTerm) {
      if (partition.health === 'well') partition.health = 'expired'
      archiveFiles.delete(name)
      await storage.archives.remove(name).catch((failure: unknown) => {
        if (!(failure instanceof KvError)) throw failure
        partition.host.log.warn('kv.archive', { partition: partition.name, archive: name, error: failure.message })
      })
    }
    throw error
  }
}

/** An archive goes, also one that cannot be read or that may not be there; the files that it alone names are collected. To be run by the partition's writer. */
export async function removeArchive(partition: Partition, name: string): Promise<void> {
  const { storage, archiveFiles } = partition
  if (!archiveFiles.has(name)) throw new NotFound(`${partition.name} has no archive '${name}'`)
  await storage.confirm()
  await storage.archives.remove(name)
  archiveFiles.delete(name)
  partition.tell({ kind: 'archive-removed', partition: partition.name, name })
}

async function removeOld(partition: Partition, kept: number): Promise<void> {
  const { storage, archiveFiles } = partition
  try {
    const names = await storage.archives.list()
    const present = new Set(names)
    for (const name of [...archiveFiles.keys()]) {
      // One that this owner asked an object store for may still come to be.
      const mayCome = storage.isSealing && parseArchiveName(name)?.term === storage.term
      if (present.has(name) || mayCome) continue
      archiveFiles.delete(name)
      partition.tell({ kind: 'archive-removed', partition: partition.name, name })
    }
    for (const name of names.slice(0, Math.max(0, names.length - kept))) {
      await storage.archives.remove(name)
      archiveFiles.delete(name)
      partition.tell({ kind: 'archive-removed', partition: partition.name, name })
    }
  } catch (error) {
    // The next archive tries again.
    if (!(error instanceof KvError)) throw error
    partition.host.log.warn('kv.archive', { partition: partition.name, error: error.message })
  }
}

async function readArchive(partition: Partition, name: string): Promise<ManifestState> {
  const bytes = await partition.storage.archives.get(name)
  if (bytes === null) throw new NotFound(`${partition.name} has no archive '${name}'`)
  return decodeArchive(bytes, `${partition.name}/${name}`)
}

/** A partition as it was. Nothing needs to be released: the archive holds its files for as long as it is kept. */
export class OpenedArchive {
  readonly #partition: Partition
  readonly #name: string
  readonly #state: ManifestState

  private constructor(partition: Partition, name: string, state: ManifestState) {
    this.#partition = partition
    this.#name = name
    this.#state = state
  }

  static async open(partition: Partition, name: string): Promise<OpenedArchive> {
    return new OpenedArchive(partition, name, await readArchive(partition, name))
  }

  get sequence(): number {
    return this.#state.sequence
  }

  async read(key: Uint8Array): Promise<KvEntry | null> {
    const own = ownKey(key)
    const entry = await readKey(this.#readable, own, this.#state.clockMillis)
    this.#partition.tell({ kind: 'read', ...this.#what, key: own.slice(), value: entry?.value ?? null })
    return entry
  }

  async floor(key: Uint8Array): Promise<KvEntry | null> {
    return readFloor(this.#readable, ownKey(key), this.#state.clockMillis)
  }

  scan(options: ScanOptions = {}): AsyncGenerator<KvEntry> {
    const own = ownScan(options)
    return toldScan(this.#partition.options.journal, this.#what, own, scanState(this.#readable, own, this.#state.clockMillis))
  }

  get #what(): Scanned & { readonly archive: string } {
    return { partition: this.#partition.name, sequence: this.#state.sequence, nowMillis: this.#state.clockMillis, archive: this.#name }
  }

  get #readable(): ReadableState {
    this.#partition.requireOpen()
    const { pages, options } = this.#partition
    return { pages, mapping: this.#state.mapping, root: this.#state.root, codec: options.codec }
  }
}
