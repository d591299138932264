import { CanonicalHasher } from './canonical-hash.js'

/** Names each distinct structure by a small number, and keeps one of its kind. Kept values must not be changed. */
export class Interner<T> {
  readonly #numbers = new Map<string, number>()
  readonly #values: T[] = []
  readonly #hasher = new CanonicalHasher()

  /** The number of an equal value that is kept, or of this one from now on. */
  number(value: T): number {
    const key = this.#hasher.key(value)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#values.length
    this.#numbers.set(key, number)
    this.#values.push(value)
    return number
  }

  value(number: number): T {
    return this.#values[number] as T
  }
}

/** A deep copy of plain data; byte arrays, which nobody changes, are shared. */
export function copyPlain<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) {
    const copy: unknown[] = []
    for (let i = 0; i < value.length; i++) copy.push(copyPlain(value[i]))
    return copy as T
  }
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [copyPlain(key), copyPlain(item)])) as T
  if (value instanceof Set) return new Set([...value].map((item) => copyPlain(item))) as T
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) copy[key] = copyPlain((value as Record<string, unknown>)[key])
  return copy as T
}
