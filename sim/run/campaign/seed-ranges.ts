/** Which of many seeds were run: integers in ascending stretches that do not touch. */
export class SeedRanges {
  readonly #ranges: [first: number, last: number][] = []

  /** Throws `RangeError` for a seed that is among them already: it would be counted twice. */
  add(first: number, last = first): void {
    const at = this.#firstEndingFrom(first - 1)
    const next = this.#ranges[at]
    if (next !== undefined && next[1] === first - 1) {
      const after = this.#ranges[at + 1]
      if (after !== undefined && after[0] <= last) throw new RangeError(`seed ${after[0]} is counted twice`)
      next[1] = last
      if (after !== undefined && after[0] === last + 1) {
        next[1] = after[1]
        this.#ranges.splice(at + 1, 1)
      }
    } else if (next !== undefined && next[0] <= last) throw new RangeError(`seed ${Math.max(first, next[0])} is counted twice`)
    else if (next !== undefined && next[0] === last + 1) next[0] = first
    else this.#ranges.splice(at, 0, [first, last])
  }

  has(seed: number): boolean {
    const range = this.#ranges[this.#firstEndingFrom(seed)]
    return range !== undefined && range[0] <= seed
  }

  get count(): number {
    return this.#ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  }

  toJSON(): readonly (readonly [first: number, last: number])[] {
    return this.#ranges.map(([first, last]) => [first, last])
  }

  /** The index of the first stretch that ends at `seed` or later. */
  #firstEndingFrom(seed: number): number {
    let low = 0
    let high = this.#ranges.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#ranges[middle] as [number, number])[1] < seed) low = middle + 1
      else high = middle
    }
    return low
  }
}
