import type { GuestIdentity } from '../control/records.js'
import type { Guest } from './guest.js'
import { GuestMemory } from './guest-memory.js'
import type { GuestSpec } from './hypervisor.js'

interface Snapshot {
  readonly memory: readonly number[]
  /** Of the guest that it was made of: whoever is restored from it believes to be that one, until it is told. */
  readonly identity: GuestIdentity
}

/** Snapshots that a machine made of warm guests, one for each pool and definition; gone with the machine's life. */
export class Snapshots {
  readonly #made = new Map<string, Snapshot>()

  has(spec: GuestSpec): boolean {
    return spec.snapshotOf !== null && this.#made.has(keyOf(spec))
  }

  /** Of the first guest of its sort that runs here, before it is anybody's. */
  make({ spec, memory, identity }: Guest): void {
    if (spec.snapshotOf === null || spec.address !== null || this.has(spec)) return
    this.#made.set(keyOf(spec), { memory: [...memory.versions], identity })
  }

  restore(guest: Guest): void {
    const snapshot = this.#made.get(keyOf(guest.spec))
    if (snapshot === undefined) return
    guest.memory = new GuestMemory(snapshot.memory)
    guest.identity = snapshot.identity
  }
}

const keyOf = ({ snapshotOf, definition }: GuestSpec): string => `${snapshotOf} ${JSON.stringify(definition)}`
