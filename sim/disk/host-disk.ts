import type { Incarnation } from '../host/incarnation.js'
import { Misuse } from '../host/errors.js'
import type { Disk, DurableView } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { Kernel } from '../kernel/kernel.js'
import { DiskImage } from './disk-image.js'
import type { PowerLossDice } from './power-loss.js'

/** The disk of one machine: it outlives the processes on it. */
export class HostDisk {
  readonly #image = new DiskImage()
  constructor(
    readonly host: SimulatedHost,
    readonly kernel: Kernel,
    readonly model: number,
    readonly salt: string,
  ) {}
  get durable(): DurableView {
    return this.#image.durable
  }
  open(_life: Incarnation): Disk {
    throw new Misuse('disk not wired')
  }
  powerLoss(dice: PowerLossDice): void {
    this.#image.losePower(dice)
  }
  wipe(): void {}
}
