import type { DurableFile } from '../host/seam.js'
import { pageBytes, sectorBytes, sectorsPerPage } from './geometry.js'
import { dirtySectors, forgetVersions, type PageWrite, pageVersion, tear, undoWrite } from './page-versions.js'
import type { PowerLossDice } from './power-loss.js'
import type { Slab } from './slab.js'

const noBytes = new Uint8Array(0)
const smallestBuffer = 2_048
/** So many undurable page writes are kept one by one; beyond, versions of a page in between are given up. */
const looseWrites = 1024
/** Of the sizes since the last sync, as many of the newest are kept when versions are given up. */
const keptSizes = 64

/**
 * The contents of a file: what the page cache holds, and how to get from there back to what is durable.
 *
 * The cached bytes are one growing array; every write that is not durable yet is remembered with the bytes it replaced. So appending and syncing
 * cost what was appended, and the durable contents cost no copy. The rules of durability are those of `DiskImage`.
 */
export class FileInode implements DurableFile {
  readonly kind = 'file'
  /** False once removed or renamed over: its pages are then free, though open files still reach it. */
  linked = true
  /** Rises when a sync fails: syncs in flight at that moment fail too. */
  syncFailures = 0
  /** Rises when a power loss finds something undurable. */
  losses = 0
  readonly #slab: Slab
  /** Zero from `#size` on. */
  #cached: Uint8Array = noBytes
  #size = 0
  #durableSize = 0
  /** Of the change that brought `#durableSize`. */
  #durableSequence = 0
  /** In the order of their sequence numbers. */
  #writes: PageWrite[] = []
  /** Pairs of sequence number and size, one for every undurable change of the size. */
  #sizes: number[] = []
  /** No undurable write begins before. */
  #cleanUntil = Number.POSITIVE_INFINITY
  #capturedThrough = 0
  #mergeAt = looseWrites
  /** By page, the newest write that a failed sync dropped: the page is clean to later syncs until written again. */
  #dropped: Map<number, number> | null = null
  #badSectors: Set<number> | null = null

  constructor(slab: Slab) {
    this.#slab = slab
  }

  get size(): number {
    return this.#size
  }

  get durableSize(): number {
    return this.#durableSize
  }

  /** Short only at the end of the file. */
  read(offset: number, length: number): Uint8Array {
    const end = Math.min(offset + length, this.#size)
    return end <= offset ? noBytes : this.#slab.copy(this.#cached.subarray(offset, end))
  }

  write(sequence: number, offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const end = offset + bytes.length
    this.#reserve(end)
    for (let start = offset; start < end; ) {
      const page = Math.floor(start / pageBytes)
      const stop = Math.min(end, (page + 1) * pageBytes)
      const undo = start >= this.#size ? null : this.#slab.copy(this.#cached.subarray(start, stop))
      this.#writes.push({ sequence, page, start, end: stop, undo, truncation: false, isMerged: false })
      start = stop
    }
    this.#cached.set(bytes, offset)
    if (offset < this.#cleanUntil) this.#cleanUntil = offset
    if (end > this.#size) this.#resize(sequence, end)
    if (this.#badSectors !== null) this.#heal(offset, end)
    if (this.#writes.length >= this.#mergeAt) this.#forgetVersions()
  }

  truncate(sequence: number, size: number): void {
    const old = this.#size
    if (size === old) return
    this.#reserve(size)
    for (let start = size; start < old; ) {
      const page = Math.floor(start / pageBytes)
      const stop = Math.min(old, (page + 1) * pageBytes)
      this.#writes.push({ sequence, page, start, end: stop, undo: this.#slab.copy(this.#cached.subarray(start, stop)), truncation: true, isMerged: false })
      start = stop
    }
    if (size < old) {
      this.#cached.fill(0, size, old)
      this.#cleanUntil = Math.min(this.#cleanUntil, size)
      if (this.#badSectors !== null) this.#heal(Math.ceil(size / sectorBytes) * sectorBytes, old)
    }
    this.#resize(sequence, size)
  }

  /** Begins a sync of all changes up to `sequence`. */
  capture(sequence: number): void {
    this.#capturedThrough = sequence
  }

  /** Makes the changes up to `through` durable, but for pages that a failed sync dropped. Says whether anything changed. */
  commit(through: number): boolean {
    const sized = this.#commitSizes(through)
    const writes = this.#writes
    const before = writes.length
    if (before === 0) return sized
    if (this.#dropped === null && (writes[before - 1] as PageWrite).sequence <= through) {
      // A new array costs less than setting the length of the old one to 0, which leaves V8's fast path.
      this.#writes = []
      this.#cleanUntil = Number.POSITIVE_INFINITY
      this.#mergeAt = looseWrites
      return true
    }
    const written = this.#pagesToWrite(through)
    let kept = 0
    this.#cleanUntil = Number.POSITIVE_INFINITY
    for (let i = 0; i < before; i++) {
      const write = writes[i] as PageWrite
      if (write.sequence <= through && written.has(write.page)) continue
      writes[kept++] = write
      if (write.start < this.#cleanUntil) this.#cleanUntil = write.start
    }
    writes.length = kept
    return sized || kept < before
  }

  /** A sync of the changes up to `through` failed: their pages count as clean from now on, though none of their bytes is sure to be on the device. */
  drop(through: number): void {
    this.syncFailures++
    for (const write of this.#writes) {
      if (write.sequence > through) break
      this.#dropped ??= new Map()
      this.#dropped.set(write.page, Math.max(through, this.#dropped.get(write.page) ?? 0))
    }
  }

  /** Durable bytes from `offset` on, at most `length`. */
  readDurable(offset: number, length: number): Uint8Array {
    const end = Math.min(offset + length, this.#durableSize)
    if (end <= offset) return noBytes
    if (end <= this.#cleanUntil) return this.#slab.copy(this.#cached.subarray(offset, end))
    const bytes = this.#slab.allocate(end - offset)
    if (offset < this.#cached.length) bytes.set(this.#cached.subarray(offset, Math.min(end, this.#cached.length)))
    for (let i = this.#writes.length - 1; i >= 0; i--) {
      const write = this.#writes[i] as PageWrite
      if (!this.#isSure(write)) undoWrite(bytes, offset, write)
    }
    return bytes
  }

  viewDurable(offset: number): Uint8Array {
    const size = this.#durableSize
    return offset < size && size <= this.#cleanUntil && size <= this.#cached.length ? this.#cached.subarray(offset, size) : this.readDurable(offset, size)
  }

  /** Turns the cached contents into what is on the device when power comes back. */
  losePower(path: string, dice: PowerLossDice): void {
    const sizes = this.#sizes
    this.#dropped = null
    this.#capturedThrough = 0
    if (sizes.length === 0 && this.#writes.length === 0) return
    this.losses++
    const version = sizes.length === 0 ? 0 : dice.sizeVersion({ path, newest: sizes.length / 2 })
    const size = version === 0 ? this.#durableSize : (sizes[version * 2 - 1] as number)
    const sequence = version === 0 ? this.#durableSequence : (sizes[version * 2 - 2] as number)
    const extent = Math.max(size, this.#size)
    this.#reserve(size)
    for (const [page, writes] of this.#writesByPage()) {
      const origin = page * pageBytes
      if (origin >= size) continue
      const bytes = this.#decidePage(path, page, writes, sequence, dice)
      this.#cached.set(bytes.subarray(0, Math.min(pageBytes, this.#cached.length - origin)), origin)
    }
    this.#cached.fill(0, size, extent)
    this.#size = size
    this.#durableSize = size
    this.#writes = []
    this.#sizes = []
    this.#cleanUntil = Number.POSITIVE_INFINITY
    this.#mergeAt = looseWrites
  }

  /** A latent defect: reads of this sector fail until it is written again or cut off. */
  spoil(sector: number): void {
    this.#badSectors ??= new Set()
    this.#badSectors.add(sector)
  }

  hasBadSector(offset: number, length: number): boolean {
    if (this.#badSectors === null) return false
    const last = Math.floor((Math.min(offset + length, this.#size) - 1) / sectorBytes)
    for (let sector = Math.floor(offset / sectorBytes); sector <= last; sector++) if (this.#badSectors.has(sector)) return true
    return false
  }

  /** Every sector reads again what it held. */
  healSectors(): void {
    this.#badSectors = null
  }

  /** Whether a change up to `through` is not durable yet. */
  hasPending(through: number): boolean {
    return (this.#writes.length > 0 && (this.#writes[0] as PageWrite).sequence <= through) || (this.#sizes.length > 0 && (this.#sizes[0] as number) <= through)
  }

  /** The sectors that a sync of the changes up to `through` would write, in order. */
  sectorsToWrite(through: number): number[] {
    const sectors = new Set<number>()
    for (const { sequence, page, start, end, truncation } of this.#writes) {
      if (sequence > through || truncation || sequence <= (this.#dropped?.get(page) ?? 0)) continue
      for (let sector = Math.floor(start / sectorBytes); sector * sectorBytes < Math.min(end, this.#size); sector++) sectors.add(sector)
    }
    return [...sectors].sort((a, b) => a - b)
  }

  /** Whether all of the sector's page is durable. */
  isClean(sector: number): boolean {
    const page = Math.floor(sector / sectorsPerPage)
    return !this.#writes.some((write) => write.page === page)
  }

  /** What is durable in a sector; cut off at the end of the file. */
  durableSector(sector: number): Uint8Array {
    return this.readDurable(sector * sectorBytes, sectorBytes)
  }

  /** Changes a sector of a clean page behind the back of the file system, on the device and in the cache. Says whether it was another before. */
  damage(sector: number, bytes: Uint8Array): boolean {
    const start = sector * sectorBytes
    const end = Math.min(start + bytes.length, this.#size, this.#durableSize)
    let isChanged = false
    for (let at = start; at < end; at++) {
      const byte = bytes[at - start] as number
      if (this.#cached[at] === byte) continue
      this.#cached[at] = byte
      isChanged = true
    }
    return isChanged
  }

  #heal(start: number, end: number): void {
    const bad = this.#badSectors as Set<number>
    for (let sector = Math.floor(start / sectorBytes); sector * sectorBytes < end; sector++) bad.delete(sector)
    if (bad.size === 0) this.#badSectors = null
  }

  #resize(sequence: number, size: number): void {
    this.#size = size
    this.#sizes.push(sequence, size)
  }

  #commitSizes(through: number): boolean {
    const sizes = this.#sizes
    let count = sizes.length
    while (count > 0 && (sizes[count - 2] as number) > through) count -= 2
    if (count === 0) return false
    this.#durableSequence = sizes[count - 2] as number
    this.#durableSize = sizes[count - 1] as number
    if (count === sizes.length) this.#sizes = []
    else sizes.splice(0, count)
    return true
  }

  #pagesToWrite(through: number): Set<number> {
    const pages = new Set<number>()
    for (const { page, sequence } of this.#writes) if (sequence <= through && sequence > (this.#dropped?.get(page) ?? 0)) pages.add(page)
    if (this.#dropped !== null) {
      for (const page of pages) this.#dropped.delete(page)
      if (this.#dropped.size === 0) this.#dropped = null
    }
    return pages
  }

  /** Part of a durable truncation, or older than one: it cannot be undone any more. Only after a failed sync are there any such writes. */
  #isSure(write: PageWrite): boolean {
    if (this.#dropped === null) return false
    return this.#writes.some(
      (other) => other.page === write.page && other.truncation && other.sequence >= write.sequence && other.sequence <= this.#durableSequence,
    )
  }

  #writesByPage(): Map<number, PageWrite[]> {
    const pages = new Map<number, PageWrite[]>()
    for (const write of this.#writes) {
      const writes = pages.get(write.page)
      if (writes === undefined) pages.set(write.page, [write])
      else writes.push(write)
    }
    return pages
  }

  /** `sequence`: of the size that survived. A truncation survives with its size, so it bounds the versions on one side or the other. */
  #decidePage(path: string, page: number, writes: readonly PageWrite[], sequence: number, dice: PowerLossDice): Uint8Array {
    let oldest = 0
    let newest = writes.length
    for (let i = 0; i < writes.length; i++) {
      const write = writes[i] as PageWrite
      if (!write.truncation) continue
      if (write.sequence <= sequence) oldest = i + 1
      else newest = Math.min(newest, i)
    }
    const bytes = new Uint8Array(pageBytes)
    const fate =
      oldest === newest
        ? ({ kind: 'version', version: oldest } as const)
        : dice.pageFate({ path, page, oldest, newest, dirtySectors: (from, to) => dirtySectors(writes, from, to) })
    pageVersion(bytes, this.#cached, page, writes, fate.kind === 'version' ? fate.version : fate.from)
    if (fate.kind === 'torn') {
      const newer = new Uint8Array(pageBytes)
      pageVersion(newer, this.#cached, page, writes, fate.to)
      tear(bytes, newer, writes, fate)
    }
    return bytes
  }

  /** Of a page with very many undurable writes, some of the versions in between are given up. What a sync in flight has captured stays. */
  #forgetVersions(): void {
    const pages = [...this.#writesByPage().values()]
    const writes = pages.flatMap((each) => forgetVersions(each, this.#cached, this.#capturedThrough)).sort((a, b) => a.sequence - b.sequence)
    this.#writes.length = 0
    for (const write of writes) this.#writes.push(write)
    this.#mergeAt = Math.max(looseWrites, writes.length * 2)
    const sizes = this.#sizes
    let captured = 0
    while (captured < sizes.length && (sizes[captured] as number) <= this.#capturedThrough) captured += 2
    const excess = sizes.length - captured - 2 * keptSizes
    if (excess > 0) sizes.splice(captured, excess)
  }

  #reserve(end: number): void {
    if (end <= this.#cached.length) return
    const grown = new Uint8Array(Math.max(end, this.#cached.length * 2, smallestBuffer))
    grown.set(this.#cached)
    this.#cached = grown
  }
}
