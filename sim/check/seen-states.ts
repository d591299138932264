/**
 * A growing set of 64-bit fingerprints of states, 12 bytes each: open addressing, at most three quarters full. With each is the low word of the state that it was
 * reached from, by which the way to it is found again.
 */
export class SeenStates {
  #words = new Int32Array(3 * 1_024)
  #slots = 1_024
  size = 0
  /** What was read ahead of its use; nobody reads it. */
  foreseen = 0

  /** Whether it is new. `parent` is the low word of the state before it; its own, of an initial state. */
  add(high: number, low: number, parent: number): boolean {
    // Both words zero mark an empty place.
    if (high === 0 && low === 0) return this.add(1, 0, parent)
    const at = this.#find(high, low)
    const words = this.#words
    if (words[at] !== 0 || words[at + 1] !== 0) return false
    words[at] = high
    words[at + 1] = low
    words[at + 2] = parent
    if (++this.size * 4 > this.#slots * 3) this.#grow()
    return true
  }

  /** Reads the places of fingerprints that lie `stride` words apart: they wait for memory together, and `add` finds them near. */
  foresee(fingerprints: Int32Array, stride: number, end: number): void {
    const words = this.#words
    const mask = this.#slots - 1
    let sum = 0
    for (let i = 1; i < end; i += stride) sum ^= words[((fingerprints[i] as number) & mask) * 3] as number
    this.foreseen = sum
  }

  /** For a set that keeps depths in the place of parents: notes a state at `depth`; whether it is new, or was noted deeper. */
  reach(high: number, low: number, depth: number): boolean {
    if (high === 0 && low === 0) return this.reach(1, 0, depth)
    const at = this.#find(high, low)
    if (this.#words[at] === 0 && this.#words[at + 1] === 0) return this.add(high, low, depth)
    if ((this.#words[at + 2] as number) <= depth) return false
    this.#words[at + 2] = depth
    return true
  }

  has(high: number, low: number): boolean {
    if (high === 0 && low === 0) return this.has(1, 0)
    const at = this.#find(high, low)
    return this.#words[at] !== 0 || this.#words[at + 1] !== 0
  }

  /** The low word of the state that this one was reached from. */
  parentOf(high: number, low: number): number {
    if (high === 0 && low === 0) return this.parentOf(1, 0)
    return this.#words[this.#find(high, low) + 2] as number
  }

  /** High words of all states with this low word. */
  withLow(low: number): number[] {
    const found: number[] = []
    const words = this.#words
    const mask = this.#slots - 1
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const at = slot * 3
      if (words[at] === 0 && words[at + 1] === 0) return found
      if (words[at + 1] === low) found.push(words[at] as number)
    }
  }

  /** The place of a fingerprint, or the empty place where it belongs. */
  #find(high: number, low: number): number {
    const words = this.#words
    const mask = this.#slots - 1
    let slot = low & mask
    for (;;) {
      const at = slot * 3
      const there = words[at] as number
      const thereLow = words[at + 1] as number
      if ((there === high && thereLow === low) || (there === 0 && thereLow === 0)) return at
      slot = (slot + 1) & mask
    }
  }

  #grow(): void {
    const old = this.#words
    // Small ones grow faster: most of the time goes where they are large.
    this.#slots *= this.#slots < 1 << 18 ? 8 : this.#slots < 1 << 20 ? 4 : 2
    this.#words = new Int32Array(3 * this.#slots)
    const words = this.#words
    for (let i = 0; i < old.length; i += 3) {
      const high = old[i] as number
      const low = old[i + 1] as number
      if (high === 0 && low === 0) continue
      const at = this.#find(high, low)
      words[at] = high
      words[at + 1] = low
      words[at + 2] = old[i + 2] as number
    }
  }
}
