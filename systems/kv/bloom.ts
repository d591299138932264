/**
 * Bloom filters, one for the keys of a data page: they say for certain that a key is not there, which saves the read. Kept in memory alone, and known by page and
 * stamp: a page that is written again has another stamp, so that no filter outlives what it was made of. Nothing that decayed is ever asked.
 */
const bitsAKey = 10
const probes = 6

export class BloomFilter {
  readonly #words: Uint32Array

  constructor(keys: readonly Uint8Array[]) {
    this.#words = new Uint32Array(Math.max(2, Math.ceil((keys.length * bitsAKey) / 32)))
    for (const key of keys) {
      this.#visit(key, (word, bit) => {
        this.#words[word] = (this.#words[word] as number) | bit
      })
    }
  }

  get bytes(): number {
    return this.#words.length * 4 + 48
  }

  /** False: certainly not. */
  mayHold(key: Uint8Array): boolean {
    let holds = true
    this.#visit(key, (word, bit) => {
      if (((this.#words[word] as number) & bit) === 0) holds = false
    })
    return holds
  }

  /** Two hashes make all places (Kirsch and Mitzenmacher, "Less Hashing, Same Performance", 2006). */
  #visit(key: Uint8Array, at: (word: number, bit: number) => void): void {
    let first = 0x811c_9dc5
    let second = 0x9747_b28c
    for (const byte of key) {
      first = Math.imul(first ^ byte, 0x0100_0193)
      second = Math.imul((second ^ byte) + 0x7f4a_7c15, 0x85eb_ca6b)
      second ^= second >>> 13
    }
    const bits = this.#words.length * 32
    for (let i = 0; i < probes; i++) {
      const place = ((first + Math.imul(i, second | 1)) >>> 0) % bits
      at(place >>> 5, 1 << (place & 31))
    }
  }
}
