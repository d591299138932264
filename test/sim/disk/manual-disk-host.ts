import type { DeviceModel } from '../../../sim/disk/device-model.js'
import { deviceModels } from '../../../sim/disk/device-model.js'
import type { DiskFaults } from '../../../sim/disk/disk-faults.js'
import type { DiskCompletion, DiskHost } from '../../../sim/disk/disk-host.js'
import { DiskImage } from '../../../sim/disk/disk-image.js'
import { SimulatedDisk } from '../../../sim/disk/simulated-disk.js'
import type { Nanos } from '../../../sim/host/seam.js'
import { fold } from '../../../sim/kernel/mix.js'

/** A host whose time the test moves by hand, one completion after the other. */
export class ManualDiskHost implements DiskHost {
  now: Nanos = 0
  hash = 0
  isDead = false
  effects = 0
  readonly #waiting: { at: Nanos; order: number; completion: DiskCompletion }[] = []
  #order = 0

  effect(): boolean {
    if (!this.isDead) this.effects++
    return !this.isDead
  }

  later(delay: Nanos, completion: DiskCompletion): void {
    if (!Number.isInteger(delay) || delay < 0) throw new Error(`a delay of ${delay}`)
    this.#waiting.push({ at: this.now + delay, order: this.#order++, completion })
  }

  fold(word: number): void {
    this.hash = fold(this.hash, word)
  }

  get inFlight(): readonly string[] {
    return this.#waiting.map(({ completion }) => `${completion.operation} ${completion.path}`)
  }

  /** Completes the next operation; false when none is in flight. */
  step(): boolean {
    if (this.isDead || this.#waiting.length === 0) return false
    this.#waiting.sort((a, b) => a.at - b.at || a.order - b.order)
    const next = this.#waiting.shift()
    if (next === undefined) return false
    this.now = next.at
    next.completion.complete()
    return true
  }

  /** Completes operations until the promise settles. */
  async finish<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settled = () => {
      isSettled = true
    }
    promise.then(settled, settled)
    for (;;) {
      await new Promise(setImmediate)
      if (isSettled) return promise
      if (!this.step()) throw new Error('the promise waits for nothing')
    }
  }

  /** Completes all that is in flight. */
  async drain(): Promise<void> {
    do await new Promise(setImmediate)
    while (this.step())
  }
}

export interface TestDisk {
  readonly image: DiskImage
  readonly host: ManualDiskHost
  readonly disk: SimulatedDisk
  /** Completes operations until the promise settles. */
  finish<T>(promise: Promise<T>): Promise<T>
}

/** A disk on a manual host; with an image of before, the next life on it. */
export function testDisk(options: { image?: DiskImage; model?: DeviceModel; faults?: DiskFaults; salt?: number } = {}): TestDisk {
  const { image = new DiskImage(), model = deviceModels.nvme, faults = null, salt = 1 } = options
  const host = new ManualDiskHost()
  const disk = new SimulatedDisk({ host, image, model, key: { high: 7, low: salt }, faults })
  return { image, host, disk, finish: (promise) => host.finish(promise) }
}

export const bytesOf = (text: string) => new TextEncoder().encode(text)
export const textOf = (bytes: Uint8Array | null) => (bytes === null ? null : new TextDecoder().decode(bytes))
