import type { MappingTable } from './mapping.js'

/** One state of a partition, as a commit left it. Nothing in it changes but who holds it. */
export class Version {
  pins = 0
  /** Physical pages that this state or one before it may use, and the next that is held does not. */
  leftBehind: number[] = []

  constructor(
    readonly sequence: number,
    /** Logical page; null: there is nothing. */
    readonly root: number | null,
    /** Of the tree of entries that expire, by when. */
    readonly expiryRoot: number | null,
    readonly mapping: MappingTable,
  ) {}
}

/** The states of a partition that somebody reads, and the current one, which is the last; oldest first. */
export class VersionChain {
  readonly #live: Version[]
  readonly #onFree: (physical: readonly number[]) => void
  /** By physical page the state that it was made for. One that is not here is as old as the oldest state that is held. */
  readonly #madeFor = new Map<number, number>()

  /** `onFree` is told of physical pages that no live state uses any more. */
  constructor(first: Version, onFree: (physical: readonly number[]) => void) {
    this.#live = [first]
    this.#onFree = onFree
  }

  get current(): Version {
    return this.#live[this.#live.length - 1] as Version
  }

  get live(): readonly Version[] {
    return this.#live
  }

  /** `made`: physical pages that only the next state uses so far; `leftBehind`: those that it does not use any more. */
  publish(next: Version, made: readonly number[], leftBehind: readonly number[]): void {
    const before = this.current
    this.current.leftBehind = [...leftBehind]
    this.#live.push(next)
    if (before.pins === 0) this.#letGo(before)
    if (this.#live.length > 1) for (const physical of made) this.#madeFor.set(physical, next.sequence)
  }

  pin(version: Version): void {
    version.pins++
  }

  release(version: Version): void {
    version.pins--
    if (version.pins === 0 && version !== this.current) this.#letGo(version)
  }

  /** Of what it left behind, all goes that was made after the state before it: that one cannot use it, nor can any before. The rest is for that one to leave behind. */
  #letGo(version: Version): void {
    const at = this.#live.indexOf(version)
    this.#live.splice(at, 1)
    const before = this.#live[at - 1]
    const free: number[] = []
    for (const physical of version.leftBehind) {
      const madeFor = this.#madeFor.get(physical)
      if (before !== undefined && (madeFor === undefined || madeFor <= before.sequence)) {
        before.leftBehind.push(physical)
        continue
      }
      this.#madeFor.delete(physical)
      free.push(physical)
    }
    if (this.#live.length === 1) this.#madeFor.clear()
    if (free.length > 0) this.#onFree(free)
  }
}
