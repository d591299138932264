import { Misuse } from '../host/errors.js'
import type { Random } from '../host/seam.js'
import { deriveKey, type Key, mix } from './mix.js'

/** A stream of random numbers keyed by a `Key`: sfc32 (Chris Doty-Humphrey's PractRand), 128 bits of state, integers only. */
export class Stream implements Random {
  #a = 0
  #b = 0
  #c = 0
  #counter = 1

  constructor(key: Key) {
    this.#warmUp(key)
  }

  /** What is drawn from now on comes from another key, as from a new stream. */
  rekey(key: Key): void {
    this.#counter = 1
    this.#warmUp(key)
  }

  #warmUp(key: Key): void {
    this.#a = key.high | 0
    this.#b = key.low | 0
    this.#c = mix(key.high ^ mix(key.low))
    for (let i = 0; i < 8; i++) this.#next()
  }

  static of(key: Key, label: string | number): Stream {
    return new Stream(deriveKey(key, label))
  }

  u32(): number {
    return this.#next()
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  float(): number {
    return this.u32() / 0x1_0000_0000
  }

  int(below: number): number {
    if (!Number.isInteger(below) || below < 1 || below > 0x1_0000_0000) throw new Misuse(`random.int(below) takes an integer from 1 to 2^32, not ${below}`)
    return Math.floor((this.u32() / 0x1_0000_0000) * below)
  }

  chance(odds: { in: number; of: number }): boolean {
    return this.int(odds.of) < odds.in
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Misuse('random.pick(items) takes at least one item')
    return items[this.int(items.length)] as T
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = items.slice()
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.int(i + 1)
      const held = shuffled[i] as T
      shuffled[i] = shuffled[j] as T
      shuffled[j] = held
    }
    return shuffled
  }
}
