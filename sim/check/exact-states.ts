/**
 * A growing set of states as whole rows, with the row that each was reached from: nothing is taken for something else. `bits` of a fingerprint only say where to
 * look; with few of them, as tests have it, everything collides and nothing is lost.
 */
export class ExactStates {
  /** Rows one after the other: the row that it was reached from (-1: none), the length, the words. */
  #rows = new Int32Array(1 << 12)
  #end = 0
  #places = new Int32Array(1_024).fill(-1)
  #hashes = new Int32Array(1_024)
  size = 0
  readonly #mask: number

  constructor(bits = 32) {
    this.#mask = bits >= 32 ? -1 : (1 << bits) - 1
  }

  /** Where the row is kept from now on; -1: it was there already. */
  add(hash: number, words: Int32Array, at: number, length: number, parent: number): number {
    const place = this.#find(hash & this.#mask, words, at, length)
    if (this.#places[place] !== -1) return -1
    const row = this.#end
    if (row + length + 2 > this.#rows.length) {
      const longer = new Int32Array(Math.max(row + length + 2, this.#rows.length * 2))
      longer.set(this.#rows)
      this.#rows = longer
    }
    this.#rows[row] = parent
    this.#rows[row + 1] = length
    for (let i = 0; i < length; i++) this.#rows[row + 2 + i] = words[at + i] as number
    this.#end = row + 2 + length
    this.#places[place] = row
    this.#hashes[place] = hash & this.#mask
    if (++this.size * 2 > this.#places.length) this.#grow()
    return row
  }

  /** Where it is kept; -1: nowhere. */
  find(hash: number, words: Int32Array, at: number, length: number): number {
    return this.#places[this.#find(hash & this.#mask, words, at, length)] as number
  }

  /** The rows that led to one, the first first. */
  wayTo(row: number): number[] {
    const way: number[] = []
    for (let at = row; at >= 0; at = this.#rows[at] as number) way.push(at)
    return way.reverse()
  }

  isAt(row: number, words: Int32Array, at: number, length: number): boolean {
    if (this.#rows[row + 1] !== length) return false
    for (let i = 0; i < length; i++) if (this.#rows[row + 2 + i] !== words[at + i]) return false
    return true
  }

  #find(hash: number, words: Int32Array, at: number, length: number): number {
    const mask = this.#places.length - 1
    let place = hash & mask
    for (;;) {
      const row = this.#places[place] as number
      if (row === -1 || (this.#hashes[place] === hash && this.isAt(row, words, at, length))) return place
      place = (place + 1) & mask
    }
  }

  #grow(): void {
    const places = this.#places
    const hashes = this.#hashes
    this.#places = new Int32Array(places.length * 2).fill(-1)
    this.#hashes = new Int32Array(places.length * 2)
    const mask = this.#places.length - 1
    for (let i = 0; i < places.length; i++) {
      if (places[i] === -1) continue
      let place = (hashes[i] as number) & mask
      while (this.#places[place] !== -1) place = (place + 1) & mask
      this.#places[place] = places[i] as number
      this.#hashes[place] = hashes[i] as number
    }
  }
}
