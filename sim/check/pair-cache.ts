/** What comes of two numbers, as long as there is room: each pair has one place, and the pair that came last is there. Memory is bounded; what is forgotten is computed anew. */
export class PairCache {
  #words = new Int32Array(3 * 1_024)
  #mask = 1_023
  #missed = 0

  /** -1: not there. */
  get(a: number, b: number): number {
    const at = placeOf(a, b, this.#mask)
    const words = this.#words
    return words[at] === a + 1 && words[at + 1] === b ? (words[at + 2] as number) : -1
  }

  set(a: number, b: number, value: number): void {
    if (++this.#missed > this.#mask && this.#mask < MOST - 1) this.#grow()
    const at = placeOf(a, b, this.#mask)
    this.#words[at] = a + 1
    this.#words[at + 1] = b
    this.#words[at + 2] = value
  }

  #grow(): void {
    const old = this.#words
    this.#mask = this.#mask * 4 + 3
    this.#missed = 0
    this.#words = new Int32Array(3 * (this.#mask + 1))
    for (let i = 0; i < old.length; i += 3) {
      const a = (old[i] as number) - 1
      if (a < 0) continue
      const at = placeOf(a, old[i + 1] as number, this.#mask)
      this.#words[at] = a + 1
      this.#words[at + 1] = old[i + 1] as number
      this.#words[at + 2] = old[i + 2] as number
    }
  }
}

/** Pairs at most. */
const MOST = 1 << 18

function placeOf(a: number, b: number, mask: number): number {
  let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return ((hash ^ (hash >>> 13)) & mask) * 3
}
