import { DiskError } from '../../sim/host/errors.js'
import type { Disk, File } from '../../sim/host/seam.js'
import { FailedRead, type KvError, NotWritten, OutOfSpace, StoreClosed } from './errors.js'
import { type FileCounts, type PageFiles, type PlacedPage, runsOf, sealPlaced } from './page-files.js'

const namePattern = /^data-(\d+)$/
/** Files that are held open. */
const mostOpen = 256
/** Pages that one call writes: while the disk takes them, the checksums of the next are computed. */
const mostWritten = 128

/** Data files of a partition on the host's disk. Without `isDurable` they are but a cache, which a power loss may take. */
export class LocalFiles implements PageFiles {
  readonly hasCopies = false
  readonly #isDurable: boolean
  readonly #disk: Disk
  readonly #directory: string
  readonly #pageBytes: number
  readonly #filePages: number
  readonly #counts: FileCounts
  readonly #open = new Map<number, OpenFile>()
  /** Room for what is written at once: new memory for each commit would cost more than the copying. */
  #gathered = new Uint8Array(0)
  #isClosed = false
  /** Files whose names a power loss may still take. */
  #hasNewNames = false

  constructor(options: { disk: Disk; directory: string; pageBytes: number; filePages: number; counts: FileCounts; isDurable?: boolean }) {
    this.#disk = options.disk
    this.#directory = options.directory
    this.#pageBytes = options.pageBytes
    this.#filePages = options.filePages
    this.#counts = options.counts
    this.#isDurable = options.isDurable ?? true
  }

  async read(physical: number): Promise<Uint8Array> {
    const file = Math.floor(physical / this.#filePages)
    const open = this.#borrow(file, false)
    try {
      this.#counts.pageReads++
      return await (await open.handle).readAt((physical % this.#filePages) * this.#pageBytes, this.#pageBytes)
    } catch (error) {
      if (error instanceof DiskError) throw new FailedRead(`${this.nameOf(file)}: page ${physical % this.#filePages}: ${error.message}`)
      throw error
    } finally {
      open.users--
    }
  }

  readCopy(): Promise<null> {
    return Promise.resolve(null)
  }

  async write(pages: readonly PlacedPage[]): Promise<void> {
    const runs = runsOf(pages, this.#filePages, mostWritten)
    const borrowed: OpenFile[] = []
    const handles = new Map<number, File>()
    try {
      for (const { file } of runs) {
        if (handles.has(file)) continue
        const open = this.#borrow(file, true)
        borrowed.push(open)
        handles.set(file, await open.handle)
      }
      await allDone(
        runs.map((run) => {
          const bytes = this.#inOnePiece(run.pages)
          this.#counts.writes++
          this.#counts.pageWrites += run.pages.length
          this.#counts.bytesWritten += bytes.length
          return (handles.get(run.file) as File).writeAt(run.page * this.#pageBytes, bytes)
        }),
      )
      if (!this.#isDurable) return
      await allDone([...[...handles.values()].map((handle) => this.#sync(handle)), ...(this.#hasNewNames ? [this.#syncNames()] : [])])
    } catch (error) {
      throw failureOf(error)
    } finally {
      for (const open of borrowed) open.users--
    }
  }

  async list(): Promise<number[]> {
    const names = await this.#disk.list(this.#directory).catch(failedRead)
    const files: number[] = []
    for (const name of names) {
      const match = namePattern.exec(name)
      if (match !== null) files.push(Number(match[1]))
    }
    return files.sort((a, b) => a - b)
  }

  async remove(file: number): Promise<void> {
    const open = this.#open.get(file)
    this.#open.delete(file)
    if (open !== undefined) closeWhenOpen(open)
    try {
      await this.#disk.remove(this.nameOf(file))
    } catch (error) {
      if (error instanceof DiskError && error.code !== 'ENOENT') throw new NotWritten(error.message)
      if (!(error instanceof DiskError)) throw error
    }
  }

  nameOf(file: number): string {
    return `${this.#directory}/data-${file}`
  }

  /** Who is still reading is told so: nobody would close what it opened. */
  close(): void {
    this.#isClosed = true
    for (const open of this.#open.values()) closeWhenOpen(open)
    this.#open.clear()
  }

  async #syncNames(): Promise<void> {
    this.#counts.syncs++
    await this.#disk.syncDirectory(this.#directory)
    this.#hasNewNames = false
  }

  /** Sealed, and side by side until the next call: a file takes the bytes when it is asked to write them. */
  #inOnePiece(pages: readonly PlacedPage[]): Uint8Array {
    for (const page of pages) sealPlaced(page)
    const [only] = pages
    if (only !== undefined && pages.length === 1) return only.bytes
    const length = pages.length * this.#pageBytes
    if (this.#gathered.length < length) this.#gathered = new Uint8Array(length)
    for (const [i, { bytes }] of pages.entries()) this.#gathered.set(bytes, i * this.#pageBytes)
    return this.#gathered.subarray(0, length)
  }

  #sync(handle: File): Promise<void> {
    this.#counts.syncs++
    return handle.sync()
  }

  /** To be given back by `users--`. */
  #borrow(file: number, create: boolean): OpenFile {
    if (this.#isClosed) throw new StoreClosed(`${this.#directory} is closed`)
    let open = this.#open.get(file)
    // A file that is there already may have a name that is not durable: an earlier life made it.
    if (create && open?.isWritten !== true) this.#hasNewNames = true
    if (open === undefined) {
      if (this.#open.size >= mostOpen) this.#closeOne()
      const handle = this.#disk.open(this.nameOf(file), { create })
      const opening: OpenFile = { handle, users: 0, isWritten: create }
      handle.catch(() => {
        if (this.#open.get(file) === opening) this.#open.delete(file)
      })
      open = opening
      this.#open.set(file, open)
    }
    if (create) open.isWritten = true
    open.users++
    return open
  }

  #closeOne(): void {
    for (const [file, open] of this.#open) {
      if (open.users > 0) continue
      this.#open.delete(file)
      closeWhenOpen(open)
      return
    }
  }
}

interface OpenFile {
  readonly handle: Promise<File>
  users: number
  isWritten: boolean
}

function closeWhenOpen({ handle }: OpenFile): void {
  void handle.then((file) => file.close(), ignored)
}

/** Waits for all, also when one has failed: what is under way must not land later. */
export async function allDone(tasks: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(tasks)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

/** To be caught with: a disk that would not say what is there. */
export function failedRead(error: unknown): never {
  throw error instanceof DiskError ? new FailedRead(error.message) : error
}

/** To be caught with: a disk that would not write. */
export function failedWrite(error: unknown): never {
  throw failureOf(error)
}

/** A disk that would not write, in the engine's words. */
export function failureOf(error: unknown): KvError | unknown {
  if (!(error instanceof DiskError)) return error
  return error.code === 'ENOSPC' ? new OutOfSpace(error.message) : new NotWritten(error.message)
}

/** Whoever reads or writes the file is told why it cannot be opened. */
function ignored(): void {}
