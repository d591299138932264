import { DiskError, Misuse } from '../host/errors.js'
import type { File } from '../host/seam.js'
import { fold, hashString } from '../kernel/mix.js'
import { lie, misdirect, misdirectSync } from './device-harm.js'
import { digest } from './digest.js'
import type { DiskDriver } from './disk-driver.js'
import type { DiskSite } from './disk-faults.js'
import type { DiskOperation } from './disk-operation.js'
import { DiskRequest, type Order } from './disk-request.js'
import type { FileInode } from './file-inode.js'

/** An open file. It reaches its contents whatever becomes of the name. See `SimulatedDisk` for when operations take effect. */
export class SimulatedFile implements File {
  readonly #driver: DiskDriver
  readonly #inode: FileInode
  readonly #order: Order
  readonly #site: DiskSite | null
  readonly #hash: number
  #isOpen = true

  constructor(
    driver: DiskDriver,
    readonly path: string,
    inode: FileInode,
  ) {
    this.#driver = driver
    this.#inode = inode
    this.#order = driver.fileOrder(inode)
    this.#site = driver.faults === null ? null : driver.faults.site(path)
    this.#hash = hashString(path)
  }

  readAt(offset: number, length: number): Promise<Uint8Array> {
    requireCount('readAt(offset, length): offset', offset)
    requireCount('readAt(offset, length): length', length)
    if (!this.#isOpen) return this.#closed('read')
    const driver = this.#driver
    if (!driver.host.effect()) return never()
    // A device is asked for what is there: a buffer larger than the file takes no longer.
    const there = Math.max(0, Math.min(length, this.#inode.size - offset))
    return driver.issue(new ReadRequest(driver, this.path, this.#inode, offset, length), this.#site, driver.model.read, offset, there, fold(this.#hash, offset))
  }

  writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    requireCount('writeAt(offset, bytes): offset', offset)
    return this.#write(offset, bytes) as Promise<void>
  }

  append(bytes: Uint8Array): Promise<number> {
    return this.#write(atEnd, bytes) as Promise<number>
  }

  truncate(size: number): Promise<void> {
    requireCount('truncate(size): size', size)
    if (!this.#isOpen) return this.#closed('truncate')
    const driver = this.#driver
    if (!driver.host.effect()) return never()
    return driver.issue(new TruncateRequest(driver, this.path, this.#inode, this.#order, size), this.#site, driver.model.write, size, 0, fold(this.#hash, size))
  }

  sync(): Promise<void> {
    if (!this.#isOpen) return this.#closed('sync')
    const driver = this.#driver
    if (!driver.host.effect()) return never()
    return driver.issue(new SyncRequest(driver, this.path, this.#inode), this.#site, driver.model.sync, 0, 0, this.#hash)
  }

  size(): number {
    return this.#inode.size
  }

  close(): void {
    this.#isOpen = false
  }

  #write(offset: number, bytes: Uint8Array): Promise<number | undefined> {
    if (!this.#isOpen) return this.#closed('write')
    const driver = this.#driver
    if (!driver.host.effect()) return never()
    const copy = driver.image.slab.copy(bytes)
    const request = new WriteRequest(driver, this.path, this.#inode, this.#order, offset, copy)
    return driver.issue(request, this.#site, driver.model.write, offset, copy.length, digest(fold(this.#hash, offset), copy))
  }

  #closed(operation: DiskOperation): Promise<never> {
    return Promise.reject(new DiskError('EBADF', operation, this.path))
  }
}

const atEnd = -1

/** Nothing that a dead process was promised ever settles. */
export function never(): Promise<never> {
  return new Promise(() => {})
}

function requireCount(what: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new Misuse(`${what} is an integer from 0 on, not ${value}`)
}

class ReadRequest extends DiskRequest<Uint8Array> {
  constructor(
    driver: DiskDriver,
    path: string,
    readonly inode: FileInode,
    readonly offset: number,
    readonly length: number,
  ) {
    super(driver, 'read', path, null)
  }

  override get file(): FileInode {
    return this.inode
  }

  protected override perform(): Uint8Array {
    const { failure, inode } = this
    if (failure?.kind === 'disk.read-error') {
      if (!this.driver.image.isHealed) inode.spoil(failure.sector)
      throw new DiskError('EIO', 'read', this.path)
    }
    if (inode.hasBadSector(this.offset, this.length)) throw new DiskError('EIO', 'read', this.path)
    const bytes = inode.read(this.offset, this.length)
    if (failure?.kind === 'disk.misdirect-read') misdirect(bytes, this.offset, this, failure)
    return bytes
  }
}

/** Answers the offset of an append, nothing else. */
class WriteRequest extends DiskRequest<number | undefined> {
  constructor(
    driver: DiskDriver,
    path: string,
    readonly inode: FileInode,
    order: Order,
    readonly offset: number,
    readonly bytes: Uint8Array,
  ) {
    super(driver, 'write', path, order)
  }

  protected override perform(): number | undefined {
    const { inode, bytes, failure } = this
    const offset = this.offset === atEnd ? inode.size : this.offset
    if (failure?.kind === 'disk.write-error') throw new DiskError('EIO', 'write', this.path)
    const wanted = failure?.kind === 'disk.full' ? bytes.subarray(0, failure.written) : bytes
    const written = this.driver.image.write(inode, offset, wanted)
    if (written < bytes.length) throw new DiskError('ENOSPC', 'write', this.path)
    return this.offset === atEnd ? offset : undefined
  }
}

class TruncateRequest extends DiskRequest<void> {
  constructor(
    driver: DiskDriver,
    path: string,
    readonly inode: FileInode,
    order: Order,
    readonly size: number,
  ) {
    super(driver, 'truncate', path, order)
  }

  protected override perform(): void {
    if (this.failure !== null) throw new DiskError('EIO', 'truncate', this.path)
    if (!this.driver.image.truncate(this.inode, this.size)) throw new DiskError('ENOSPC', 'truncate', this.path)
  }
}

class SyncRequest extends DiskRequest<void> {
  readonly #through: number
  readonly #failuresBefore: number

  constructor(
    driver: DiskDriver,
    path: string,
    readonly inode: FileInode,
  ) {
    super(driver, 'sync', path, null)
    this.#through = driver.image.beginSync(inode)
    this.#failuresBefore = inode.syncFailures
  }

  override get file(): FileInode {
    return this.inode
  }

  override get through(): number {
    return this.#through
  }

  protected override perform(): void {
    const { image } = this.driver
    const { failure, inode } = this
    if (failure?.kind === 'disk.sync-error') image.failSync(inode, this.#through)
    // A sync that was in flight when another failed hears of it as well: pages it was to write may have been dropped.
    if (inode.syncFailures !== this.#failuresBefore) throw new DiskError('EIO', 'sync', this.path)
    if (failure?.kind === 'disk.sync-lie') lie(this, failure)
    else if (failure?.kind === 'disk.misdirect-write') misdirectSync(this, failure)
    else image.finishSync(inode, this.#through)
  }
}
