/** Words of a state: its fingerprint, the low word of a state that it was reached from, and the level on which it was met, plus one. */
const STRIDE = 4

/**
 * A set of 64-bit fingerprints that several threads add to at the same time, 16 bytes each: open addressing in shared memory. Of the states on the level before
 * that lead to one, the one with the least low word is kept as its parent, so that ways do not hang on which thread came first.
 */
export class SharedStates {
  readonly words: Int32Array
  readonly #slots: number
  /** What was read ahead of its use; nobody reads it. */
  foreseen = 0

  /** `slots`: a power of two; or the memory of another thread's. */
  constructor(memory: number | SharedArrayBuffer) {
    const buffer = typeof memory === 'number' ? new SharedArrayBuffer(memory * STRIDE * 4) : memory
    this.words = new Int32Array(buffer)
    this.#slots = this.words.length / STRIDE
  }

  get slots(): number {
    return this.#slots
  }

  /** Reads the places of fingerprints that lie `stride` words apart: they wait for memory together, and `add` finds them near. */
  foresee(fingerprints: Int32Array, stride: number, end: number): void {
    const { words } = this
    const mask = this.#slots - 1
    let sum = 0
    for (let i = 1; i < end; i += stride) sum ^= words[((fingerprints[i] as number) & mask) * STRIDE] as number
    this.foreseen = sum
  }

  /** Whether it is new. */
  add(fingerprintHigh: number, low: number, parent: number, level: number): boolean {
    // A high word of zero marks an empty place.
    const high = fingerprintHigh === 0 ? 1 : fingerprintHigh
    const { words } = this
    const mask = this.#slots - 1
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const at = slot * STRIDE
      let there = Atomics.load(words, at)
      if (there === 0) {
        there = Atomics.compareExchange(words, at, 0, high)
        if (there === 0) {
          words[at + 1] = low
          words[at + 2] = parent
          // Whoever reads this sees the others.
          Atomics.store(words, at + 3, level + 1)
          return true
        }
      }
      if (there !== high) continue
      let met = Atomics.load(words, at + 3)
      while (met === 0) met = Atomics.load(words, at + 3)
      if (words[at + 1] !== low) continue
      if (met === level + 1) this.#keepLess(at + 2, parent)
      return false
    }
  }

  #keepLess(at: number, parent: number): void {
    const { words } = this
    for (let known = Atomics.load(words, at); parent < known; ) {
      const before = Atomics.compareExchange(words, at, known, parent)
      if (before === known) return
      known = before
    }
  }

  /** The low word of the state that it was reached from, and its level; null: it was never met. */
  find(fingerprintHigh: number, low: number): { readonly parent: number; readonly level: number } | null {
    const high = fingerprintHigh === 0 ? 1 : fingerprintHigh
    const mask = this.#slots - 1
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const at = slot * STRIDE
      if (this.words[at] === 0) return null
      if (this.words[at] === high && this.words[at + 1] === low) return { parent: this.words[at + 2] as number, level: (this.words[at + 3] as number) - 1 }
    }
  }

  /** High words of the states of a level with this low word. */
  withLow(low: number, level: number): number[] {
    const found: number[] = []
    const mask = this.#slots - 1
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const at = slot * STRIDE
      if (this.words[at] === 0) return found
      if (this.words[at + 1] === low && this.words[at + 3] === level + 1) found.push(this.words[at] as number)
    }
  }

  /** The same states with room for as many again; while nobody adds any. */
  grown(slots: number): SharedStates {
    const larger = new SharedStates(slots)
    const { words } = this
    for (let at = 0; at < words.length; at += STRIDE)
      if (words[at] !== 0) larger.#put(words[at] as number, words[at + 1] as number, words[at + 2] as number, words[at + 3] as number)
    return larger
  }

  #put(high: number, low: number, parent: number, level: number): void {
    const { words } = this
    const mask = this.#slots - 1
    let slot = low & mask
    while (words[slot * STRIDE] !== 0) slot = (slot + 1) & mask
    const at = slot * STRIDE
    words[at] = high
    words[at + 1] = low
    words[at + 2] = parent
    words[at + 3] = level
  }
}
