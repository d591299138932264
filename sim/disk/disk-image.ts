/**
 * The disk of one host: the page cache that processes see, and what of it survives. Pure and synchronous; it outlives every process.
 *
 * **Durability.** A write is seen by reads at once. A file's bytes and size are durable after a sync of the file; names (created, renamed, removed)
 * are durable after a sync of the directory that holds them, and only then. A process crash loses nothing here: the page cache belongs to the
 * operating system. A power loss leaves a state by these rules, where "may" is decided by a `PowerLossDice`:
 *
 * 1. *Names.* Every undurable change of names survives or not, whole: of a rename both halves or neither. It cannot survive without the earlier
 *    undurable changes of a name that it touches. Changes of other names may be lost and kept in any combination, as POSIX allows and as some file
 *    systems do (Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014); one ordered journal, such as ext4's, reaches a subset of these
 *    states. A change that moves or removes a directory, or moves a name to another directory, survives only if all earlier changes do: otherwise
 *    files that were durable could become unreachable, which no journalling file system permits. A sync of one directory takes along what precedes.
 * 2. *Size.* A file is left at its durable size or at any later one that it has had since: data and size part, in both directions.
 * 3. *Pages.* Every 4 KiB page with undurable writes is left, independently of all others and of the size, at one of its versions: as it was when
 *    last durable, or after any of the writes since, for the system may write a dirty page back at any moment. So writes to different pages
 *    reorder, and those to one page do not. Bytes that the surviving size exposes and no write reached are zero, never another file's.
 * 4. *Torn pages.* Or power failed while a later version was being written over an earlier one: every 512-byte sector that differs holds old bytes,
 *    new bytes, or garbage. Garbage covers only bytes that the interrupted writes touched; synced bytes in the same sector stay.
 * 5. *Truncation* to a smaller size is journalled with the pages it cuts: where the smaller size (or a later one) survives, so does the cut, with
 *    all that those pages held before; where it does not, neither does any later write to those pages.
 * 6. *Failed syncs* drop the pages they were to write: these are clean to later syncs, which succeed, until written again (the trap known as
 *    fsyncgate; Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020). Their bytes stay readable in the cache and at a
 *    power loss decide like any undurable ones. Sizes and names are journalled: a later sync does save them.
 *
 * 7. *What a device does of itself* (Bairavasundaram et al., "An Analysis of Data Corruption in the Storage Stack", FAST 2008) harms durable bytes: bits
 *    of a sector *rot*; a write that a sync brings to the device is *misdirected* into another sector, and its own keeps what it held; a sync *lies*, that
 *    is, leaves everything undurable and says otherwise. Only sectors of pages without undurable writes are harmed, and the harm is seen at once: the
 *    cache is taken to have let go of them. Later writes of the sector heal it.
 *
 * Of a file with more than a thousand undurable writes some versions in between are given up, which takes possible states away and adds none.
 *
 * Not modelled here: the cache forgetting a page otherwise, hard links, permissions, sparse allocation (a file occupies
 * its size).
 */
import { DiskError, Misuse } from '../host/errors.js'
import type { DurableView, OpenOptions } from '../host/seam.js'
import { Stream } from '../kernel/stream.js'
import { digest } from './digest.js'
import { changesToCommit, DirectoryInode, type Inode, makeDurable, type NameChange, setEntry, survivingChanges, walk } from './directory-inode.js'
import type { SectorPlace } from './disk-faults.js'
import type { DiskOperation } from './disk-operation.js'
import { partsOf, requireApart } from './disk-path.js'
import { DurableImage } from './durable-image.js'
import { FileInode } from './file-inode.js'
import { pageBytes, pagesOf, sectorBytes } from './geometry.js'
import type { PowerLossDice } from './power-loss.js'
import { Slab } from './slab.js'

/** So many changes of names wait for a sync; then the journal is full and the older half becomes durable by itself, in order. */
const journalRoom = 4096

export interface DiskImageOptions {
  /** Bytes that fit, in whole pages; unlimited when not given. */
  readonly capacityBytes?: number
}

export class DiskImage {
  readonly root = new DirectoryInode()
  readonly durable: DurableView
  /** Rises with every change to what is durable. */
  durableChanges = 0
  /** Whose bytes the last of them changed; null: names, or more than one file. */
  lastDurableChange: FileInode | null = null
  /** Power losses so far. */
  losses = 0
  /** Rises with every change of durable names. */
  durableNameChanges = 0
  readonly slab = new Slab()
  readonly #capacityPages: number
  #usedPages = 0
  #sequence = 0
  /** Undurable changes of names, in order. */
  #changes: NameChange[] = []

  constructor(options: DiskImageOptions = {}) {
    this.durable = new DurableImage(this)
    this.#capacityPages = options.capacityBytes === undefined ? Number.POSITIVE_INFINITY : Math.floor(options.capacityBytes / pageBytes)
  }

  /** Null when nothing has this name. Throws ENOTDIR when the path leads through a file. */
  find(path: string, operation: DiskOperation): Inode | null {
    let inode: Inode = this.root
    for (const part of partsOf(path)) {
      if (inode.kind === 'file') throw new DiskError('ENOTDIR', operation, path)
      const next: Inode | undefined = inode.entries.get(part)
      if (next === undefined) return null
      inode = next
    }
    return inode
  }

  exists(path: string): boolean {
    return walk(this.root, 'entries', partsOf(path)) !== undefined
  }

  openFile(path: string, options: OpenOptions): FileInode {
    const found = this.find(path, 'open')
    if (found === null) {
      if (options.create !== true) throw new DiskError('ENOENT', 'open', path)
      const { directory, name } = this.#place(path, 'open')
      const file = new FileInode(this.slab)
      this.#change({ kind: 'create', path, to: null, directory, name, inode: file, target: null, barrier: false })
      return file
    }
    if (options.create === true && options.exclusive === true) throw new DiskError('EEXIST', 'open', path)
    if (found.kind === 'directory') throw new DiskError('EISDIR', 'open', path)
    if (options.truncate === true) this.truncate(found, 0)
    return found
  }

  /** Writes as much from the front as there is room for, and says how many bytes that were. */
  write(file: FileInode, offset: number, bytes: Uint8Array): number {
    const room = this.#room(file)
    const fits = offset + bytes.length <= room ? bytes.length : Math.max(0, room - offset)
    if (fits === 0) return 0
    const before = pagesOf(file.size)
    file.write(++this.#sequence, offset, fits === bytes.length ? bytes : bytes.subarray(0, fits))
    if (file.linked) this.#usedPages += pagesOf(file.size) - before
    return fits
  }

  /** Says whether there was room. */
  truncate(file: FileInode, size: number): boolean {
    if (size > file.size && size > this.#room(file)) return false
    const before = pagesOf(file.size)
    file.truncate(++this.#sequence, size)
    if (file.linked) this.#usedPages += pagesOf(file.size) - before
    return true
  }

  /** Begins a sync: what it covers, for `finishSync` or `failSync`. */
  beginSync(file: FileInode): number {
    file.capture(this.#sequence)
    return this.#sequence
  }

  finishSync(file: FileInode, through: number): void {
    if (file.commit(through)) this.#durableChanged(file)
  }

  /** The same, but what was to be written to one sector goes to another, if that can be told from what came after. Says whether it did. */
  misdirectSync(file: FileInode, through: number, sector: number, other: SectorPlace): boolean {
    const isWritten = file.sectorsToWrite(through).includes(sector)
    const before = new Uint8Array(sectorBytes)
    before.set(file.durableSector(sector))
    this.finishSync(file, through)
    const target = this.durableFile(other.path)
    if (!isWritten || target === null || (target === file && other.sector === sector) || !file.isClean(sector) || !target.isClean(other.sector)) return false
    const written = new Uint8Array(sectorBytes)
    written.set(file.durableSector(sector))
    const isLost = file.damage(sector, before)
    const isOverwritten = target.damage(other.sector, written)
    if (isLost || isOverwritten) this.#durableChanged(null)
    return isLost || isOverwritten
  }

  /** Flips one to eight bits of a durable sector; which ones depends on the key and on what it holds. False: there is no such sector that is clean. */
  rot(path: string, sector: number, key: number): boolean {
    const file = this.durableFile(path)
    if (file === null || !file.isClean(sector)) return false
    const bytes = file.durableSector(sector)
    if (bytes.length === 0) return false
    const random = new Stream({ high: key, low: digest(key, bytes) })
    const bits = new Set<number>()
    for (let flips = 1 + random.int(8); flips > 0; flips--) bits.add(random.int(bytes.length * 8))
    for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
    if (!file.damage(sector, bytes)) return false
    this.#durableChanged(file)
    return true
  }

  /** Files under durable names that hold durable bytes, by path. */
  durableFiles(): { readonly path: string; readonly file: FileInode }[] {
    const files: { path: string; file: FileInode }[] = []
    forEachFile(this.root, 'durable', '', (path, file) => {
      if (file.durableSize > 0) files.push({ path, file })
    })
    return files.sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  durableFile(path: string): FileInode | null {
    const found = walk(this.root, 'durable', partsOf(path))
    return found?.kind === 'file' ? found : null
  }

  /** Whether the file has a name, in the cache or on the device. */
  holds(file: FileInode): boolean {
    let isFound = false
    for (const names of ['entries', 'durable'] as const) {
      forEachFile(this.root, names, '', (_path, each) => {
        if (each === file) isFound = true
      })
    }
    return isFound
  }

  /** Whether a sync of the directory would make anything durable. */
  hasPendingNames(path: string, through: number): boolean {
    const found = walk(this.root, 'entries', partsOf(path))
    return found?.kind === 'directory' && changesToCommit(this.#changes, found, through).size > 0
  }

  failSync(file: FileInode, through: number): void {
    file.drop(through)
  }

  /** Of the last change so far. */
  get sequence(): number {
    return this.#sequence
  }

  /** Makes the directory's changes of names up to `through` durable. */
  syncDirectory(path: string, through: number = this.#sequence): void {
    const commit = changesToCommit(this.#changes, this.#directory(path, 'sync-directory'), through)
    if (commit.size === 0) return
    for (const change of this.#changes) if (commit.has(change)) makeDurable(change)
    this.#changes = this.#changes.filter((change) => !commit.has(change))
    this.#durableNamesChanged()
  }

  /** Whether the last name in the path would not be sure to survive. */
  isNameNew(path: string): boolean {
    const { directory, name } = this.#place(path, 'sync')
    return directory.entries.get(name) !== directory.durable.get(name)
  }

  makeDirectory(path: string): void {
    const parts = partsOf(path)
    let directory = this.root
    for (let i = 0; i < parts.length; i++) {
      const name = parts[i] as string
      const found = directory.entries.get(name)
      if (found?.kind === 'file') throw new DiskError(i === parts.length - 1 ? 'EEXIST' : 'ENOTDIR', 'make-directory', path)
      const next = found ?? new DirectoryInode()
      if (found === undefined) {
        const made = parts.slice(0, i + 1).join('/')
        this.#change({ kind: 'make-directory', path: made, to: null, directory, name, inode: next, target: null, barrier: false })
      }
      directory = next
    }
  }

  rename(from: string, to: string): void {
    requireApart(from, to)
    const source = this.#place(from, 'rename')
    const target = this.#place(to, 'rename')
    const inode = source.directory.entries.get(source.name)
    if (inode === undefined) throw new DiskError('ENOENT', 'rename', from)
    const replaced = target.directory.entries.get(target.name)
    if (replaced === inode) return
    if (inode.kind === 'directory') {
      if (replaced?.kind === 'file') throw new DiskError('ENOTDIR', 'rename', to)
      if (replaced !== undefined && replaced.entries.size > 0) throw new DiskError('ENOTEMPTY', 'rename', to)
    } else if (replaced?.kind === 'directory') throw new DiskError('EISDIR', 'rename', to)
    if (replaced?.kind === 'file') this.#unlink(replaced)
    const barrier = inode.kind === 'directory' || source.directory !== target.directory
    this.#change({ kind: 'rename', path: from, to, ...source, inode: null, target: { ...target, inode }, barrier })
  }

  /** A file, or a directory that is empty. */
  remove(path: string): void {
    const { directory, name } = this.#place(path, 'remove')
    const inode = directory.entries.get(name)
    if (inode === undefined) throw new DiskError('ENOENT', 'remove', path)
    if (inode.kind === 'directory' && inode.entries.size > 0) throw new DiskError('ENOTEMPTY', 'remove', path)
    if (inode.kind === 'file') this.#unlink(inode)
    this.#change({ kind: 'remove', path, to: null, directory, name, inode: null, target: null, barrier: inode.kind === 'directory' })
  }

  list(path: string): string[] {
    return [...this.#directory(path, 'list').entries.keys()].sort()
  }

  /** Leaves what the dice decide by the rules above; all of it is durable, being what is on the device. */
  losePower(dice: PowerLossDice): void {
    this.losses++
    const cachedPaths = new Map<FileInode, string>()
    forEachFile(this.root, 'entries', '', (path, file) => cachedPaths.set(file, path))
    for (const change of survivingChanges(this.#changes, (each) => dice.keepsName(each))) makeDurable(change)
    this.#changes = []
    this.#usedPages = 0
    forEachFile(this.root, 'durable', '', (path, file) => {
      file.losePower(cachedPaths.get(file) ?? path, dice)
      file.linked = true
      this.#usedPages += pagesOf(file.size)
    })
    forgetCachedNames(this.root)
    this.#durableNamesChanged()
  }

  /** An empty disk in place of this one. */
  wipe(): void {
    this.root.entries.clear()
    this.root.durable.clear()
    this.#changes = []
    this.#usedPages = 0
    this.#durableNamesChanged()
  }

  /** Every bad sector reads again what it held. */
  healSectors(): void {
    const heal = (inode: Inode): void => {
      if (inode.kind === 'file') inode.healSectors()
      else for (const entry of inode.entries.values()) heal(entry)
    }
    heal(this.root)
  }

  /** The largest size that the file could have now. */
  #room(file: FileInode): number {
    if (this.#capacityPages === Number.POSITIVE_INFINITY || !file.linked) return Number.POSITIVE_INFINITY
    return (this.#capacityPages - this.#usedPages + pagesOf(file.size)) * pageBytes
  }

  #durableNamesChanged(): void {
    this.durableNameChanges++
    this.#durableChanged(null)
  }

  #durableChanged(file: FileInode | null): void {
    this.durableChanges++
    this.lastDurableChange = file
  }

  #unlink(file: FileInode): void {
    file.linked = false
    this.#usedPages -= pagesOf(file.size)
  }

  #directory(path: string, operation: DiskOperation): DirectoryInode {
    const found = this.find(path, operation)
    if (found === null) throw new DiskError('ENOENT', operation, path)
    if (found.kind === 'file') throw new DiskError('ENOTDIR', operation, path)
    return found
  }

  #place(path: string, operation: DiskOperation): { directory: DirectoryInode; name: string } {
    const parts = partsOf(path)
    const name = parts[parts.length - 1]
    if (name === undefined) throw new Misuse(`${operation}: the root of a disk has no name`)
    return { directory: this.#directory(parts.slice(0, -1).join('/'), operation), name }
  }

  #change(change: Omit<NameChange, 'sequence'>): void {
    this.#changes.push({ ...change, sequence: ++this.#sequence })
    if (this.#changes.length > journalRoom) {
      for (const oldest of this.#changes.splice(0, journalRoom / 2)) makeDurable(oldest)
      this.#durableNamesChanged()
    }
    setEntry(change.directory.entries, change.name, change.inode)
    if (change.target !== null) setEntry(change.target.directory.entries, change.target.name, change.target.inode)
  }
}

function forEachFile(directory: DirectoryInode, names: 'entries' | 'durable', prefix: string, visit: (path: string, file: FileInode) => void): void {
  for (const [name, inode] of directory[names]) {
    if (inode.kind === 'file') visit(prefix + name, inode)
    else forEachFile(inode, names, `${prefix}${name}/`, visit)
  }
}

function forgetCachedNames(directory: DirectoryInode): void {
  directory.entries.clear()
  for (const [name, inode] of directory.durable) {
    directory.entries.set(name, inode)
    if (inode.kind === 'directory') forgetCachedNames(inode)
  }
}
