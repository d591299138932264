/**
 * The manifest as files: `manifest-1` and, when there are to be two copies, `manifest-2`. A change is acknowledged when it is durable in each; a state is read from
 * the copy that says most, so that one of two may decay in any way. They are written anew one after the other: one of them is whole at any time.
 *
 * Files are longer than what they say: behind the last record zeros are written for those to come, since a sync of a file that has grown has to write more than
 * what it holds.
 *
 * After a failed write or sync nobody knows what a power loss leaves, and a later sync may succeed though it writes nothing: the files must be written anew.
 */
import { DiskError } from '../../sim/host/errors.js'
import type { Disk, File } from '../../sim/host/seam.js'
import { isBlank } from '../raft/wal-frame.js'
import { concatBytes } from './bytes.js'
import { Corrupt, CorruptManifest, FailedRead, UnknownOutcome } from './errors.js'
import { allDone, failureOf } from './local-files.js'
import type { KeptStates, Manifest } from './manifest.js'
import { type ReplayedManifest, replayManifest } from './manifest-log.js'
import { describeDamage, encodeDelta, encodeRedo, encodeState, ownerOf } from './manifest-record.js'
import type { ManifestDelta, ManifestState } from './manifest-state.js'
import type { FileCounts } from './page-files.js'
import type { ManifestRedo } from './redo.js'

/** Zeros that are written at once, in bytes; no more than there are bytes of records. */
const mostAhead = 65_536

export function manifestPaths(directory: string, copies: number): string[] {
  return Array.from({ length: copies }, (_, i) => `${directory}/manifest-${i + 1}`)
}

/**
 * What the copies of a manifest say together; `read` answers the bytes of a file, null: there is none. Null: there is no manifest. One copy may be damaged in any way;
 * one that the disk would not give, and that may say more than the other, rejects with `FailedRead`.
 */
export async function loadCopies(
  paths: readonly string[],
  owner: number,
  read: (path: string) => Promise<Uint8Array | null>,
): Promise<ReplayedManifest | null> {
  let best: ReplayedManifest | null = null
  let failure: unknown = null
  for (const path of paths) {
    try {
      const found = await readSettled(path, owner, read)
      if (found !== null && (best === null || found.sequence > best.sequence)) best = found
    } catch (error) {
      // The other may lack what was acknowledged, because a write of its went astray.
      if (error instanceof DiskError)
        throw new FailedRead(`${path} may say more than its other copy, and cannot be read: ${error.message}; if it is lost for good, remove it`)
      if (!(error instanceof Corrupt)) throw error
      failure ??= error
    }
  }
  if (best === null && failure !== null) throw failure
  return best
}

/** How often a file is read at most that cannot be read, or whose end is neither a whole record nor room ahead. */
const mostReads = 3

/**
 * What a file says; null: there is none. A read may have gone astray: before a tail is taken for torn, and what follows it for never acknowledged, the file is
 * read again, and what says most counts.
 */
async function readSettled(path: string, owner: number, read: (path: string) => Promise<Uint8Array | null>): Promise<ReplayedManifest | null> {
  let best: ReplayedManifest | null = null
  let torn: CorruptManifest | null = null
  let failure: unknown = null
  for (let reads = 0; reads < mostReads; reads++) {
    try {
      const bytes = await read(path)
      if (bytes === null) return null
      const found = replayManifest(bytes, path, owner)
      // A new file gets its name when it is whole: one whose first record is not was damaged.
      if (found === null) torn ??= CorruptManifest.of(path, 0, describeDamage(bytes, 0, owner))
      else if (best === null || found.sequence > best.sequence) best = found
      if (found !== null && isBlank(bytes, found.end, bytes.length)) return best
    } catch (error) {
      if (!(error instanceof Corrupt || error instanceof DiskError)) throw error
      failure = error
    }
  }
  // What is certainly damaged is not cut because another read shows less of it.
  if (failure !== null) throw failure
  if (best === null && torn !== null) throw torn
  return best
}

export class LocalManifest implements Manifest {
  readonly #disk: Disk
  readonly #directory: string
  readonly #owner: number
  readonly #copies: number
  readonly #longBytes: number
  readonly #counts: FileCounts
  #files: File[] = []
  /** Records of commits after the last state that lies in files. */
  #logged: Uint8Array[] = []
  /** Of records; and of those that a whole state began with. */
  #size = 0
  #wholeSize = 0
  /** Of the files. */
  #room = 0
  /** The disk was full: no room is taken any more that is not needed. */
  #isShort = false

  constructor(options: { disk: Disk; directory: string; partition: string; copies: number; longBytes: number; counts: FileCounts }) {
    this.#disk = options.disk
    this.#directory = options.directory
    this.#owner = ownerOf(options.partition)
    this.#copies = options.copies
    this.#longBytes = options.longBytes
    this.#counts = options.counts
  }

  /** A state that is long by itself is written anew only when as much has come to it. */
  get isLong(): boolean {
    return this.#size > this.#longBytes && this.#size >= 2 * this.#wholeSize
  }

  async load(): Promise<KeptStates | null> {
    // Both, however many are written: a store may have been opened with other options before.
    const found = await loadCopies(manifestPaths(this.#directory, 2), this.#owner, (path) => this.#disk.readFile(path))
    this.#logged = found?.redo.map((redo) => encodeRedo(redo, this.#owner)) ?? []
    return found
  }

  async append(delta: ManifestDelta): Promise<void> {
    await this.#append(encodeDelta(delta, this.#owner), delta.sequence)
    this.#logged = []
  }

  async log(redo: ManifestRedo): Promise<void> {
    const bytes = encodeRedo(redo, this.#owner)
    await this.#append(bytes, redo.sequence)
    this.#logged.push(bytes)
  }

  async rewrite(state: ManifestState): Promise<void> {
    this.close()
    const bytes = concatBytes([encodeState(state, this.#owner), ...this.#logged])
    const paths = manifestPaths(this.#directory, this.#copies)
    try {
      for (const path of paths) {
        await this.#disk.replace(path, bytes)
        this.#counts.writes++
        this.#counts.syncs += 2
        this.#counts.bytesWritten += bytes.length
      }
      if (this.#copies === 1) await this.#removeSecond()
      for (const path of paths) this.#files.push(await this.#disk.open(path))
    } catch (error) {
      throw failureOf(error)
    }
    this.#size = bytes.length
    this.#wholeSize = bytes.length
    this.#room = bytes.length
  }

  close(): void {
    for (const file of this.#files) file.close()
    this.#files = []
  }

  async #append(bytes: Uint8Array, sequence: number): Promise<void> {
    const end = this.#size + bytes.length
    const written = end <= this.#room || this.#isShort ? bytes : concatBytes([bytes, new Uint8Array(Math.min(mostAhead, end))])
    try {
      await allDone(this.#files.map((file) => this.#write(file, written)))
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      if (error.code === 'ENOSPC') this.#isShort = true
      throw new UnknownOutcome(`the change to state ${sequence} may be in the manifest, or not: ${error.message}`)
    }
    this.#room = Math.max(this.#room, this.#size + written.length)
    this.#size = end
  }

  async #write(file: File, bytes: Uint8Array): Promise<void> {
    this.#counts.writes++
    this.#counts.bytesWritten += bytes.length
    await file.writeAt(this.#size, bytes)
    this.#counts.syncs++
    await file.sync()
  }

  /** One that is left from another time would say less and less. */
  async #removeSecond(): Promise<void> {
    const [, second] = manifestPaths(this.#directory, 2) as [string, string]
    if ((await this.#disk.stat(second)) === null) return
    await this.#disk.remove(second)
    await this.#disk.syncDirectory(this.#directory)
  }
}
