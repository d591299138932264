import type { Disk } from '../../../sim/host/seam.js'
import type { GuestSpec } from './hypervisor.js'

/** What of a VM is installed on a machine, as systemd would have it: to be started with the machine, if the session is still the same. */
export interface Unit {
  readonly spec: GuestSpec
  readonly session: number
}

/** The units of a machine, kept on its disk in one file that is replaced as a whole. */
export class Units {
  readonly #disk: Disk
  readonly #units = new Map<string, Unit>()
  #saving: Promise<void> = Promise.resolve()
  /** Changes that are not on their way to the disk yet. */
  #isDirty = false

  static async open(disk: Disk): Promise<Units> {
    const kept = await disk.readFile(path)
    const units = new Units(disk)
    if (kept !== null) for (const unit of JSON.parse(new TextDecoder().decode(kept)) as Unit[]) units.#units.set(unit.spec.vm, unit)
    return units
  }

  private constructor(disk: Disk) {
    this.#disk = disk
  }

  all(): Unit[] {
    return [...this.#units.values()]
  }

  has(vm: string): boolean {
    return this.#units.has(vm)
  }

  /** Settles once it is durable. */
  put(unit: Unit): Promise<void> {
    this.#units.set(unit.spec.vm, unit)
    return this.#save()
  }

  remove(vm: string): Promise<void> {
    if (!this.#units.delete(vm)) return this.#saving
    return this.#save()
  }

  /** One file at a time; changes that come meanwhile go together. */
  #save(): Promise<void> {
    if (!this.#isDirty) {
      this.#isDirty = true
      this.#saving = this.#saving.then(() => {
        this.#isDirty = false
        return this.#disk.replace(path, new TextEncoder().encode(JSON.stringify([...this.#units.values()])))
      })
    }
    return this.#saving
  }
}

const path = 'units'
