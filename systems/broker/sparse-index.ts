/**
 * A sorted map from keys to places, sparse: one entry per so many bytes of a segment. Finds in O(log n) where to start looking.
 * The offset index of a segment maps relative offsets to file positions; its time index maps timestamps to relative offsets.
 */
export class SparseIndex {
  #keys = new Float64Array(8)
  #places = new Float64Array(8)
  #length = 0

  get length(): number {
    return this.#length
  }

  clear(): void {
    this.#length = 0
  }

  /** Keys rise strictly; a key that does not is left out, since its entry would never be found first. */
  add(key: number, place: number): void {
    if (this.#length > 0 && key <= (this.#keys[this.#length - 1] as number)) return
    if (this.#length === this.#keys.length) {
      this.#keys = grown(this.#keys)
      this.#places = grown(this.#places)
    }
    this.#keys[this.#length] = key
    this.#places[this.#length++] = place
  }

  /** The place of the last entry whose key is at most `key`, or 0. */
  floor(key: number): number {
    const at = this.#upTo(key)
    return at === 0 ? 0 : (this.#places[at - 1] as number)
  }

  /** The key of the last entry that is at most `key`, or 0. */
  floorKey(key: number): number {
    const at = this.#upTo(key)
    return at === 0 ? 0 : (this.#keys[at - 1] as number)
  }

  /** The place of the last entry whose key is below `key`, or 0. */
  before(key: number): number {
    let low = 0
    let high = this.#length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#keys[middle] as number) < key) low = middle + 1
      else high = middle
    }
    return low === 0 ? 0 : (this.#places[low - 1] as number)
  }

  /** How many entries have a key of at most `key`. */
  #upTo(key: number): number {
    let low = 0
    let high = this.#length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#keys[middle] as number) <= key) low = middle + 1
      else high = middle
    }
    return low
  }
}

function grown(array: Float64Array): Float64Array<ArrayBuffer> {
  const twice = new Float64Array(array.length * 2)
  twice.set(array)
  return twice
}
