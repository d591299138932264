import type { MappingTable } from './mapping.js'

/** One state of a partition, as a commit left it. Nothing in it changes but who holds it. */
export class Version {
  pins = 0
  /** Physical pages that this state uses and the next one does not. */
  leftBehind: readonly number[] = []

  constructor(
    readonly sequence: number,
    /** Logical page; null: there is nothing. */
    readonly root: number | null,
    /** Of the tree of entries that expire, by when. */
    readonly expiryRoot: number | null,
    readonly mapping: MappingTable,
  ) {}
}

/** The states of a partition that somebody may read, oldest first; the last is the current one. */
export class VersionChain {
  readonly #live: Version[]
  readonly #onFree: (physical: readonly number[]) => void

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

  /** Those that somebody reads, and the current one. States in between stay live only for what they leave behind. */
  get held(): readonly Version[] {
    return this.#live.filter((version, i) => version.pins > 0 || i === this.#live.length - 1)
  }

  publish(next: Version, leftBehind: readonly number[]): void {
    this.current.leftBehind = leftBehind
    this.#live.push(next)
    this.#collect()
  }

  pin(version: Version): void {
    version.pins++
  }

  release(version: Version): void {
    version.pins--
    this.#collect()
  }

  /** A page that a state left behind may be in use by any state before it: they go in their order. */
  #collect(): void {
    while (this.#live.length > 1 && (this.#live[0] as Version).pins === 0) {
      const gone = this.#live.shift() as Version
      if (gone.leftBehind.length > 0) this.#onFree(gone.leftBehind)
    }
  }
}
