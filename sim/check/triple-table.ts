/** A growing map from a sequence of three whole numbers to one: open addressing in one typed array, at most half full. What they lead to is from 0 on. */
export class TripleTable {
  #words = new Int32Array(4 * 1_024).fill(-1)
  #size = 0

  /** -1: not there. */
  get(a: number, b: number, c: number): number {
    const at = this.#find(a, b, c)
    return this.#words[at + 3] as number
  }

  /** Of a sequence that is not there yet. */
  set(a: number, b: number, c: number, value: number): void {
    if (++this.#size * 8 > this.#words.length) this.#grow()
    this.#put(a, b, c, value)
  }

  #put(a: number, b: number, c: number, value: number): void {
    const at = this.#find(a, b, c)
    this.#words[at] = a
    this.#words[at + 1] = b
    this.#words[at + 2] = c
    this.#words[at + 3] = value
  }

  /** The place of a sequence, or the empty place where it belongs. */
  #find(a: number, b: number, c: number): number {
    const words = this.#words
    const mask = words.length - 1
    let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    let at = ((hash ^ (hash >>> 13)) << 2) & mask
    while (words[at + 3] !== -1 && (words[at] !== a || words[at + 1] !== b || words[at + 2] !== c)) at = (at + 4) & mask
    return at
  }

  #grow(): void {
    const old = this.#words
    this.#words = new Int32Array(old.length * 2).fill(-1)
    for (let i = 0; i < old.length; i += 4) {
      const value = old[i + 3] as number
      if (value !== -1) this.#put(old[i] as number, old[i + 1] as number, old[i + 2] as number, value)
    }
  }
}
