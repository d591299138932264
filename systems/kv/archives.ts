/** Manifests of moments that are kept: by opening one, the partition is read as it was then. */
import { DiskError } from '../../sim/host/errors.js'
import type { Disk } from '../../sim/host/seam.js'
import { CorruptManifest, KvError, UnknownOutcome } from './errors.js'
import { failedRead, failedWrite, failureOf } from './local-files.js'
import { describeDamage, encodeState, ownerOf, readRecord } from './manifest-record.js'
import type { ManifestState } from './manifest-state.js'

/** Term and wall-clock milliseconds. */
export interface ArchiveName {
  readonly term: number
  readonly timeMillis: number
}

/** Where archives are kept. Every method rejects with a `KvError`. */
export interface ArchiveStore {
  /** Names, oldest first. */
  list(): Promise<string[]>
  /** Rejects with `UnknownOutcome` when it may be there, or come to be; with other errors when it is not and will not be. */
  put(name: string, bytes: Uint8Array): Promise<void>
  /** null: there is none. */
  get(name: string): Promise<Uint8Array | null>
  /** No error when there is none. */
  remove(name: string): Promise<void>
}

const pattern = /^archive-(\d+)-(\d+)$/

export function archiveName({ term, timeMillis }: ArchiveName): string {
  return `archive-${term}-${timeMillis}`
}

export function parseArchiveName(name: string): ArchiveName | null {
  const match = pattern.exec(name)
  return match === null ? null : { term: Number(match[1]), timeMillis: Number(match[2]) }
}

export function sortArchives(names: readonly string[]): string[] {
  const known = names.flatMap((name) => {
    const parsed = parseArchiveName(name)
    return parsed === null ? [] : [{ name, ...parsed }]
  })
  return known.sort((a, b) => a.timeMillis - b.timeMillis || a.term - b.term).map(({ name }) => name)
}

/** `name` is the archive's, with its partition's before it. */
export function encodeArchive(state: ManifestState, name: string): Uint8Array {
  return encodeState(state, ownerOf(name))
}

export function decodeArchive(bytes: Uint8Array, name: string): ManifestState {
  const found = readRecord(bytes, 0, ownerOf(name))
  if (found === null) throw CorruptManifest.of(name, 0, describeDamage(bytes, 0, ownerOf(name)))
  if (found.record.kind !== 'whole') throw new CorruptManifest(name, 0, 'an archive', `a record of kind '${found.record.kind}'`)
  if (found.end !== bytes.length) throw new CorruptManifest(name, found.end, 'the end of the archive', `${bytes.length - found.end} bytes more`)
  return found.record.state
}

export class LocalArchives implements ArchiveStore {
  readonly #disk: Disk
  readonly #directory: string

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#directory = directory
  }

  /** One that is gone is gone for good, since what it names may go next. */
  async list(): Promise<string[]> {
    await this.#disk.syncDirectory(this.#directory).catch(failedWrite)
    return sortArchives(await this.#disk.list(this.#directory).catch(failedRead))
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const path = `${this.#directory}/${name}`
    try {
      await this.#disk.replace(path, bytes)
    } catch (error) {
      const failure = failureOf(error)
      if (!(failure instanceof KvError)) throw failure
      if (await this.#mayBeThere(path)) throw new UnknownOutcome(`${path} may be there: ${failure.message}`)
      await this.#removeIfThere(`${path}.tmp`, () => {})
      throw failure
    }
  }

  get(name: string): Promise<Uint8Array | null> {
    return this.#disk.readFile(`${this.#directory}/${name}`).catch(failedRead)
  }

  /** Durable, since what it names may go next. */
  async remove(name: string): Promise<void> {
    await this.#removeIfThere(`${this.#directory}/${name}`, failedWrite)
    await this.#disk.syncDirectory(this.#directory).catch(failedWrite)
  }

  /** It has its name, though perhaps only until power is lost. */
  async #mayBeThere(path: string): Promise<boolean> {
    try {
      return (await this.#disk.stat(path)) !== null
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      return true
    }
  }

  async #removeIfThere(path: string, onFailure: (error: DiskError) => void): Promise<void> {
    try {
      await this.#disk.remove(path)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      if (error.code !== 'ENOENT') onFailure(error)
    }
  }
}
