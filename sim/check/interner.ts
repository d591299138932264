import { CanonicalHasher } from './canonical-hash.js'
import { canonicalText } from './canonical-text.js'
import { TripleTable } from './triple-table.js'

/**
 * Names each distinct structure by a small number, and keeps one of its kind. Kept values must not be changed. Structures are told apart by 64-bit hashes;
 * an exact one compares them whole.
 */
export class Interner<T> {
  readonly #numbers = new TripleTable()
  readonly #exact = new Map<string, number>()
  readonly #values: T[] = []
  readonly #hasher = new CanonicalHasher()
  /** The hash of each value, by its number. */
  highs = new Int32Array(64)
  lows = new Int32Array(64)

  constructor(readonly isExact = false) {}

  get size(): number {
    return this.#values.length
  }

  /** The number of an equal value that is kept, or of this one from now on. */
  number(value: T): number {
    const hash = this.#hasher.hash(value)
    const high = hash.high | 0
    const low = hash.low | 0
    const text = this.isExact ? canonicalText(value) : ''
    const known = this.isExact ? (this.#exact.get(text) ?? -1) : this.#numbers.get(high, low, 0)
    if (known >= 0) return known
    const number = this.#values.length
    if (number === this.highs.length) this.#grow()
    this.highs[number] = high
    this.lows[number] = low
    if (this.isExact) this.#exact.set(text, number)
    else this.#numbers.set(high, low, 0, number)
    this.#values.push(value)
    return number
  }

  value(number: number): T {
    return this.#values[number] as T
  }

  #grow(): void {
    this.highs = lengthened(this.highs, this.highs.length * 2)
    this.lows = lengthened(this.lows, this.lows.length * 2)
  }
}

/** Renumbers some of the kept values, for another thread. */
export class Packer<T> {
  readonly values: T[] = []
  readonly #numbers = new Map<number, number>()

  constructor(readonly from: Interner<T>) {}

  number(own: number): number {
    let number = this.#numbers.get(own)
    if (number === undefined) {
      number = this.values.push(this.from.value(own)) - 1
      this.#numbers.set(own, number)
    }
    return number
  }
}

/** The same words with room behind them. */
export function lengthened(words: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(length)
  longer.set(words)
  return longer
}

/** A deep copy of plain data; byte arrays, which nobody changes, are shared. */
export function copyPlain<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) {
    // A copy of the whole is just as long as it has to be.
    const copy: unknown[] = value.slice()
    for (let i = 0; i < copy.length; i++) {
      const item = copy[i]
      if (typeof item === 'object' && item !== null) copy[i] = copyPlain(item)
    }
    return copy as T
  }
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [copyPlain(key), copyPlain(item)])) as T
  if (value instanceof Set) return new Set([...value].map((item) => copyPlain(item))) as T
  // A copy of the whole keeps the object's shape, which naming its properties one by one would have to find again.
  const copy: Record<string, unknown> = { ...(value as Record<string, unknown>) }
  for (const key in copy) {
    const item = copy[key]
    if (typeof item === 'object' && item !== null) copy[key] = copyPlain(item)
  }
  return copy as T
}
