import type { DamagePlace, DiskDamage } from '../disk/disk-faults.js'
import type { HostName } from '../host/seam.js'
import type { Budget } from '../run/scenario.js'

/** Which replicated thing lies at these bytes of a host's disk: the same on every host that has a copy. Null: none, so that there is but this one. */
export type ReplicaUnit = (host: HostName, path: string, offset: number) => string | null

/**
 * Keeps the seeded faults from destroying what nobody has a good copy of: of every replicated unit fewer copies than `corruptCopies` are ever damaged at
 * the same time. Damage ends when its bytes are written again or gone, or when the disk is wiped.
 *
 * Where the system says so, only some disks are ever damaged (`damagedHosts`).
 * Without `replicaUnit` all that a host stores is one copy of one unit. Without `corruptCopies` nothing is kept: then damage is what somebody asked for.
 */
export class DamageBudget {
  readonly #copies: number
  readonly #wipes: number
  readonly #unitOf: ReplicaUnit
  readonly #weak: ReadonlySet<HostName> | null
  /** By unit and host. */
  readonly #damages = new Map<string, Map<HostName, DiskDamage[]>>()
  readonly #wiped = new Set<HostName>()

  /** `weak`: hosts whose disks may be damaged; null: any. */
  constructor(survives: Budget, unitOf: ReplicaUnit = () => 'everything', weak: readonly HostName[] | null = null) {
    this.#copies = survives.corruptCopies ?? Number.POSITIVE_INFINITY
    this.#wipes = survives.wiped ?? 0
    this.#unitOf = unitOf
    this.#weak = weak === null ? null : new Set(weak)
  }

  /** Whether this disk may ever be damaged. */
  mayDecay(host: HostName): boolean {
    return this.#weak === null || this.#weak.has(host)
  }

  /** Whether these bytes are a copy of something, so that they may be damaged when not too many others are. */
  concerns(host: HostName, { path, offset }: DamagePlace): boolean {
    return this.#copies === Number.POSITIVE_INFINITY || (this.mayDecay(host) && this.#unitOf(host, path, offset) !== null)
  }

  /** Whether all of these bytes may be damaged, beside those that are. */
  allows(host: HostName, places: readonly DamagePlace[]): boolean {
    if (this.#copies === Number.POSITIVE_INFINITY) return true
    return places.every((place) => {
      const unit = this.#unitOf(host, place.path, place.offset)
      return unit !== null && this.mayDecay(host) && this.#otherCopies(unit, host) + 1 < this.#copies
    })
  }

  damaged(host: HostName, damages: readonly DiskDamage[]): void {
    for (const damage of damages) {
      const unit = this.#unitOf(host, damage.path, damage.offset)
      if (unit === null) continue
      const copies = this.#damages.get(unit) ?? new Map<HostName, DiskDamage[]>()
      this.#damages.set(unit, copies)
      copies.set(host, [...(copies.get(host) ?? []), damage])
    }
  }

  /** Whether this host's disk may be replaced by an empty one: a run wipes so many hosts, each as often as it likes. Nobody sees when one has caught up. */
  mayWipe(host: HostName): boolean {
    return this.mayDecay(host) && (this.#wiped.has(host) || this.#wiped.size < this.#wipes)
  }

  wiped(host: HostName): void {
    this.#wiped.add(host)
    for (const copies of this.#damages.values()) copies.delete(host)
  }

  /** Copies that are damaged now, this host's aside. */
  #otherCopies(unit: string, host: HostName): number {
    let count = 0
    for (const [other, damages] of this.#damages.get(unit) ?? []) {
      const left = damages.filter((damage) => !damage.isHealed())
      this.#damages.get(unit)?.set(other, left)
      if (other !== host && left.length > 0) count++
    }
    return count
  }
}
