/** The latest of what happened, numbered from 0: for those who look later, and soon enough. */
export class Recent<Item> {
  readonly #kept: Item[] = []
  #first = 0

  constructor(readonly most: number) {}

  /** Number of the next. */
  get end(): number {
    return this.#first + this.#kept.length
  }

  add(item: Item): void {
    this.#kept.push(item)
    if (this.#kept.length < 2 * this.most) return
    this.#kept.splice(0, this.most)
    this.#first += this.most
  }

  /** Undefined: it was let go, or has not happened yet. */
  at(number: number): Item | undefined {
    return this.#kept[number - this.#first]
  }

  /** The latest, at most as many as are kept for sure. */
  latest(): Item[] {
    return this.#kept.slice(-this.most)
  }

  /** Begins anew with these. */
  reset(items: readonly Item[]): void {
    this.#first = 0
    this.#kept.length = 0
    this.#kept.push(...items)
  }
}
