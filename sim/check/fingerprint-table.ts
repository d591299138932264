import type { Fingerprint } from './canonical-hash.js'

/** A growing set of 64-bit fingerprints, 8 bytes each: open addressing, at most half full. */
export class FingerprintTable {
  #words = new Uint32Array(2 * 1_024)
  #size = 0
  #hasZero = false

  get size(): number {
    return this.#size
  }

  has({ high, low }: Fingerprint): boolean {
    if (high === 0 && low === 0) return this.#hasZero
    const at = this.#find(high, low)
    return this.#words[at] === high && this.#words[at + 1] === low
  }

  /** Answers whether it is new. */
  add({ high, low }: Fingerprint): boolean {
    if (high === 0 && low === 0) {
      // Both words zero mark an empty place.
      const isNew = !this.#hasZero
      this.#hasZero = true
      if (isNew) this.#size++
      return isNew
    }
    const at = this.#find(high, low)
    if (this.#words[at] === high && this.#words[at + 1] === low) return false
    this.#words[at] = high
    this.#words[at + 1] = low
    this.#size++
    if (this.#size * 4 > this.#words.length) this.#grow()
    return true
  }

  /** The place of a fingerprint, or the empty place where it belongs. */
  #find(high: number, low: number): number {
    const words = this.#words
    const mask = words.length - 2
    let at = (low * 2) & mask
    while ((words[at] !== 0 || words[at + 1] !== 0) && (words[at] !== high || words[at + 1] !== low)) at = (at + 2) & mask
    return at
  }

  #grow(): void {
    const old = this.#words
    this.#words = new Uint32Array(old.length * 2)
    for (let i = 0; i < old.length; i += 2) {
      const high = old[i] as number
      const low = old[i + 1] as number
      if (high === 0 && low === 0) continue
      const at = this.#find(high, low)
      this.#words[at] = high
      this.#words[at + 1] = low
    }
  }
}
