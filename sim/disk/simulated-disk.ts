/**
 * The disk as a process sees it: the `Disk` seam over a disk image, in virtual time. One a life; open files and operations in flight die with it,
 * the image stays.
 *
 * **When things happen.** Arguments are taken (bytes copied) when a method is called, and the operation takes effect on the image when it completes:
 * a crash in between leaves it not done. A read answers what the file holds when it completes. Writes, appends and truncations of one file take
 * effect in the order of their issue, and so do operations on names; all else may overtake. A sync covers what had taken effect when it was issued,
 * so not a write that is still on its way, and makes it durable when it completes. A device works on `queueDepth` operations at a time, others wait.
 *
 * A caller's mistake (an impossible path, a negative offset) throws at once; a disk that says no rejects with a `DiskError`. A write that fails with
 * ENOSPC has written some of its bytes, from the front.
 */
import { DiskError } from '../host/errors.js'
import type { Disk, File, OpenOptions } from '../host/seam.js'
import { fold, hashString, type Key } from '../kernel/mix.js'
import { lieOfNames } from './device-harm.js'
import type { DeviceModel, LatencyRange } from './device-model.js'
import { DiskDriver } from './disk-driver.js'
import type { DiskFaults } from './disk-faults.js'
import type { DiskHost } from './disk-host.js'
import type { DiskImage } from './disk-image.js'
import type { DiskOperation } from './disk-operation.js'
import { parentOf, partsOf, requireApart, requireName } from './disk-path.js'
import { NameRequest } from './disk-request.js'
import { never, SimulatedFile } from './simulated-file.js'

export interface SimulatedDiskOptions {
  readonly host: DiskHost
  readonly image: DiskImage
  readonly model: DeviceModel
  /** Of the latencies; every life of a process has its own. */
  readonly key: Key
  readonly faults?: DiskFaults | null
}

export class SimulatedDisk implements Disk {
  readonly #driver: DiskDriver
  readonly #image: DiskImage

  constructor(options: SimulatedDiskOptions) {
    this.#driver = new DiskDriver(options.host, options.image, options.model, options.key, options.faults ?? null)
    this.#image = options.image
  }

  /** Latencies come from another key from now on. */
  rekey(key: Key): void {
    this.#driver.key = key
  }

  open(path: string, options: OpenOptions = {}): Promise<File> {
    requireName(path)
    const { create = false, exclusive = false, truncate = false } = options
    const flags = (create ? 1 : 0) | (exclusive ? 2 : 0) | (truncate ? 4 : 0)
    return this.#name('open', path, flags, create && !this.#image.exists(path), () => {
      return new SimulatedFile(this.#driver, path, this.#image.openFile(path, { create, exclusive, truncate }))
    })
  }

  rename(from: string, to: string): Promise<void> {
    requireName(from)
    requireName(to)
    requireApart(from, to)
    return this.#name('rename', from, hashString(to), false, () => this.#image.rename(from, to))
  }

  remove(path: string): Promise<void> {
    requireName(path)
    return this.#name('remove', path, 0, false, () => this.#image.remove(path))
  }

  list(directory: string): Promise<string[]> {
    return this.#name('list', directory, 0, false, () => this.#image.list(directory))
  }

  makeDirectory(path: string): Promise<void> {
    return this.#name('make-directory', path, 0, true, () => this.#image.makeDirectory(path))
  }

  /** Covers the changes of names that had taken effect when it was issued. */
  syncDirectory(path: string): Promise<void> {
    const through = this.#image.sequence
    const request: NameRequest<void> = new NameRequest(this.#driver, 'sync-directory', path, null, () => {
      if (request.failure?.kind === 'disk.sync-lie') lieOfNames(request, request.failure, through)
      else this.#image.syncDirectory(path, through)
    })
    return this.#issue(request, this.#driver.model.sync, 0, 0)
  }

  stat(path: string): Promise<{ size: number } | null> {
    return this.#name('stat', path, 0, false, () => {
      const found = this.#image.find(path, 'stat')
      return found === null ? null : { size: found.kind === 'file' ? found.size : 0 }
    })
  }

  async readFile(path: string): Promise<Uint8Array | null> {
    const file = await this.#openExisting(path)
    if (file === null) return null
    try {
      return await file.readAt(0, file.size())
    } finally {
      file.close()
    }
  }

  async append(path: string, bytes: Uint8Array): Promise<void> {
    const copy = this.#image.slab.copy(bytes)
    const file = await this.open(path, { create: true })
    try {
      await file.append(copy)
    } finally {
      file.close()
    }
  }

  async sync(path: string): Promise<void> {
    const file = await this.open(path)
    try {
      await file.sync()
    } finally {
      file.close()
    }
    if (this.#image.isNameNew(path)) await this.syncDirectory(parentOf(path))
  }

  /** The new contents are written beside the old, as `<path>.tmp`; a failure or a crash may leave that file behind. */
  async replace(path: string, bytes: Uint8Array): Promise<void> {
    const copy = this.#image.slab.copy(bytes)
    const beside = `${path}.tmp`
    const file = await this.open(beside, { create: true, truncate: true })
    try {
      await file.writeAt(0, copy)
      await file.sync()
    } finally {
      file.close()
    }
    await this.rename(beside, path)
    await this.syncDirectory(parentOf(path))
  }

  async #openExisting(path: string): Promise<File | null> {
    try {
      return await this.open(path)
    } catch (error) {
      if (error instanceof DiskError && error.code === 'ENOENT') return null
      throw error
    }
  }

  #name<T>(operation: DiskOperation, path: string, argument: number, needsSpace: boolean, act: () => T): Promise<T> {
    const driver = this.#driver
    return this.#issue(new NameRequest(driver, operation, path, driver.nameOrder, act), driver.model.write, argument, needsSpace ? 1 : 0)
  }

  #issue<T>(request: NameRequest<T>, range: LatencyRange, argument: number, space: number): Promise<T> {
    const driver = this.#driver
    const { path } = request
    partsOf(path)
    if (!driver.host.effect()) return never()
    return driver.issue(request, driver.faults === null ? null : driver.faults.site(path), range, 0, space, fold(hashString(path), argument))
  }
}
