/** Words of a place: the fingerprint, and its parent. */
const PLACE = 3
/** Places of an array that is not small, at least. */
const MANY = 1 << 21

/**
 * A growing set of 64-bit fingerprints of states, 12 bytes each: open addressing, at most three quarters full. With each is the low word of the state that it was
 * reached from, by which the way to it is found again. Arrays are longer than what is used of them: memory counts once it is written to, and a set that grows where it is
 * needs none but what is added to it.
 */
export class SeenStates {
  #words = new Int32Array(PLACE * 1_024)
  #slots = 1_024
  /** A fingerprint belongs to the place that the upper bits of a multiple of its low word say: as these places go up in number, none of two moves past the other. */
  #shift = 22
  /** Where the places that are used end. */
  #end = PLACE * 1_024
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
    this.#put(at, high, low, parent)
    if (++this.size * 4 > this.#slots * 3) this.#grow()
    return true
  }

  /** Reads the places of fingerprints that lie `stride` words apart: they wait for memory together, and `add` finds them near. */
  foresee(fingerprints: Int32Array, stride: number, end: number): void {
    const words = this.#words
    const shift = this.#shift
    let sum = 0
    for (let i = 1; i < end; i += stride) sum ^= words[placeOf(fingerprints[i] as number, shift)] as number
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
    for (let at = placeOf(low, this.#shift); ; at = at + PLACE === this.#end ? 0 : at + PLACE) {
      if (words[at] === 0 && words[at + 1] === 0) return found
      if (words[at + 1] === low) found.push(words[at] as number)
    }
  }

  /** The place of a fingerprint, or the empty place where it belongs. */
  #find(high: number, low: number): number {
    const words = this.#words
    const end = this.#end
    let at = placeOf(low, this.#shift)
    for (;;) {
      const there = words[at] as number
      const thereLow = words[at + 1] as number
      if ((there === high && thereLow === low) || (there === 0 && thereLow === 0)) return at
      at += PLACE
      if (at === end) at = 0
    }
  }

  #grow(): void {
    const from = this.#words
    const fromEnd = this.#end
    // Small ones grow faster: most of the time goes where they are large.
    const bits = this.#slots < 1 << 18 ? 3 : this.#slots < 1 << 20 ? 2 : 1
    this.#slots <<= bits
    this.#shift -= bits
    this.#end = PLACE * this.#slots
    if (this.#end > from.length) this.#words = new Int32Array(PLACE * (this.#slots < 1 << 16 ? this.#slots : Math.max(MANY, 2 * this.#slots)))
    this.#move(from, fromEnd)
  }

  /** Takes up what lies in `from`, which may be the same array, from its end on: what is taken up lies behind all that is not yet. */
  #move(from: Int32Array, fromEnd: number): void {
    const words = this.#words
    const late: number[] = []
    for (let i = fromEnd - PLACE; i >= 0; i -= PLACE) {
      const high = from[i] as number
      const low = from[i + 1] as number
      const parent = from[i + 2] as number
      if (high === 0 && low === 0) continue
      from[i] = 0
      from[i + 1] = 0
      let at = placeOf(low, this.#shift)
      const isBehind = at >= i
      while (at < this.#end && (words[at] !== 0 || words[at + 1] !== 0)) at += PLACE
      // Those that had been pushed far from where they belong, at either end: they would lie among what is yet to be moved.
      if (!isBehind || at >= this.#end) late.push(high, low, parent)
      else this.#put(at, high, low, parent)
    }
    for (let i = 0; i < late.length; i += PLACE) {
      const [high, low, parent] = late.slice(i, i + PLACE) as [number, number, number]
      this.#put(this.#find(high, low), high, low, parent)
    }
  }

  #put(at: number, high: number, low: number, parent: number): void {
    const words = this.#words
    words[at] = high
    words[at + 1] = low
    words[at + 2] = parent
  }
}

/** Where a fingerprint with this low word belongs. */
function placeOf(low: number, shift: number): number {
  return (Math.imul(low, 0x9e3779b1) >>> shift) * PLACE
}
