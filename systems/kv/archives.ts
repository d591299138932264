/** Manifests of moments that are kept: by opening one, the partition is read as it was then. */
import type { Disk } from '../../sim/host/seam.js'
import { CorruptManifest } from './errors.js'
import { failedRead, failedWrite } from './local-files.js'
import { encodeState, ownerOf, readRecord } from './manifest-record.js'
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
  put(name: string, bytes: Uint8Array): Promise<void>
  /** null: there is none. */
  get(name: string): Promise<Uint8Array | null>
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
  if (found === null || found.record.kind !== 'whole') throw new CorruptManifest(name, 0, 'expected an archive, found no whole state')
  if (found.end !== bytes.length) throw new CorruptManifest(name, found.end, `expected the end of the archive, found ${bytes.length - found.end} bytes more`)
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

  put(name: string, bytes: Uint8Array): Promise<void> {
    return this.#disk.replace(`${this.#directory}/${name}`, bytes).catch(failedWrite)
  }

  get(name: string): Promise<Uint8Array | null> {
    return this.#disk.readFile(`${this.#directory}/${name}`).catch(failedRead)
  }

  /** Durable, since what it names may go next. */
  async remove(name: string): Promise<void> {
    await this.#disk.remove(`${this.#directory}/${name}`).catch(failedWrite)
    await this.#disk.syncDirectory(this.#directory).catch(failedWrite)
  }
}
