import type { Incarnation } from '../host/incarnation.js'
import type { Disk, DurableView, Nanos } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import { disk as diskEvent, type EventTarget, type KernelEvent } from '../kernel/event.js'
import type { Kernel } from '../kernel/kernel.js'
import { deriveKey, type Key } from '../kernel/mix.js'
import { sectorDamage } from './device-harm.js'
import { type DeviceModel, deviceModels } from './device-model.js'
import { DiskFaultInjector } from './disk-fault-injector.js'
import type { DiskDamage } from './disk-faults.js'
import type { DiskCompletion, DiskHost } from './disk-host.js'
import { DiskImage } from './disk-image.js'
import type { FileInode } from './file-inode.js'
import type { PowerLossDice } from './power-loss.js'
import { SimulatedDisk } from './simulated-disk.js'

const models: readonly DeviceModel[] = [deviceModels.nvme, deviceModels.sata, deviceModels.cloud]

/** The disk of one machine: it outlives the processes on it. */
export class HostDisk {
  /** What goes wrong with operations. */
  readonly faults: DiskFaultInjector
  readonly host: SimulatedHost
  readonly #kernel: Kernel
  readonly #model: DeviceModel
  #key: Key
  /** As the present life sees it, or the last one did. */
  #open: SimulatedDisk | null = null
  readonly #image = new DiskImage()
  /** The last step in which a write or a change of names reached the page cache. */
  lastChangeStep = 0

  /** `model`: 0 NVMe, 1 SATA, 2 cloud volume. */
  constructor(host: SimulatedHost, kernel: Kernel, model: number, salt: string) {
    this.host = host
    this.faults = new DiskFaultInjector(host.name, this.#image)
    this.#kernel = kernel
    this.#model = models[model] ?? deviceModels.nvme
    this.#key = deriveKey(deriveKey(deriveKey(kernel.key, 'disk'), salt), host.name)
  }

  get durable(): DurableView {
    return this.#image.durable
  }

  /** The disk as one life of a process sees it. */
  open(life: Incarnation): Disk {
    this.#open = new SimulatedDisk({
      host: new DiskOfLife(this, life, this.#kernel),
      image: this.#image,
      model: this.#model,
      key: deriveKey(this.#key, life.incarnation),
      faults: this.faults,
    })
    return this.#open
  }

  /** Latencies are drawn anew from now on. */
  reseed(seed: string): void {
    this.#key = deriveKey(this.#key, seed)
    this.#open?.rekey(deriveKey(this.#key, 'present life'))
  }

  /** Files with durable bytes, by path. */
  durableFiles(): { readonly path: string; readonly file: FileInode }[] {
    return this.#image.durableFiles()
  }

  /** Bits of a durable sector flip. Null: there is no such sector, or writes to its page are pending. */
  rot(path: string, sector: number, key: number): DiskDamage | null {
    if (!this.#image.rot(path, sector, key)) return null
    return sectorDamage(this.#image, path, this.#image.durableFile(path) as FileInode, sector)
  }

  /** Bad sectors read again: the faults are over. */
  healSectors(): void {
    this.#image.healSectors()
  }

  losePower(dice: PowerLossDice): void {
    this.#image.losePower(dice)
  }

  /** An empty disk in its place. */
  wipe(): void {
    this.#image.wipe()
  }
}

class DiskOfLife implements DiskHost, EventTarget {
  readonly #disk: HostDisk
  readonly #life: Incarnation
  readonly #kernel: Kernel
  constructor(disk: HostDisk, life: Incarnation, kernel: Kernel) {
    this.#disk = disk
    this.#life = life
    this.#kernel = kernel
  }
  get now(): Nanos {
    return this.#kernel.now
  }
  effect(): boolean {
    return this.#life.effect()
  }
  later(delay: Nanos, completion: DiskCompletion): void {
    this.#kernel.schedule(delay, diskEvent, this, this.#life.machine, this.#life, completion)
  }
  fold(word: number): void {
    this.#kernel.fold(word)
  }
  fire(event: KernelEvent): void {
    const completion = event.a as DiskCompletion
    const { operation } = completion
    if (operation === 'write' || operation === 'rename' || operation === 'truncate') this.#disk.lastChangeStep = this.#kernel.steps
    completion.complete()
  }
}
