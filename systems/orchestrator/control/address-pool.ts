import { segmentSize } from '../network/addresses.js'

/** The addresses of one segment: each is somebody's until it is given back, and one given back is given out again as late as can be. */
export class AddressPool {
  readonly #used = new Set<number>()
  #next = 0

  /** An index that nobody has; null: all are somebody's. */
  take(): number | null {
    if (this.#used.size >= segmentSize) return null
    while (this.#used.has(this.#next)) this.#next = (this.#next + 1) % segmentSize
    const index = this.#next
    this.#used.add(index)
    this.#next = (index + 1) % segmentSize
    return index
  }

  give(index: number): void {
    this.#used.delete(index)
  }

  encode(): { readonly used: readonly number[]; readonly next: number } {
    return { used: [...this.#used], next: this.#next }
  }

  static decode({ used, next }: ReturnType<AddressPool['encode']>): AddressPool {
    const pool = new AddressPool()
    for (const index of used) pool.#used.add(index)
    pool.#next = next
    return pool
  }
}
