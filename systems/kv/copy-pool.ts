/** Copies of this length and more have memory of their own. */
const leastOwn = 1_024
const poolBytes = 8_192

/** Copies bytes. Short copies share larger pieces of memory, as Node's own buffers do: an allocation for each would cost more than what is copied. */
export class CopyPool {
  #pool = new Uint8Array(0)
  #at = 0

  /** Of `[from, to)`. */
  copy(bytes: Uint8Array, from: number, to: number): Uint8Array {
    const length = to - from
    if (length <= 64 || length >= leastOwn) return bytes.slice(from, to)
    if (this.#at + length > this.#pool.length) {
      this.#pool = new Uint8Array(poolBytes)
      this.#at = 0
    }
    const copy = this.#pool.subarray(this.#at, this.#at + length)
    copy.set(bytes.subarray(from, to))
    this.#at += length
    return copy
  }
}
