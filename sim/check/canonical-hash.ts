import { Misuse } from '../host/errors.js'
import { fold, hashString, mix } from '../kernel/mix.js'

/** A 64-bit fingerprint, as two unsigned 32-bit words. */
export interface Fingerprint {
  readonly high: number
  readonly low: number
}

/**
 * The fingerprint of plain data: equal structures have equal fingerprints, whatever the order in which their objects, maps and sets were filled.
 * Takes null, undefined, booleans, numbers, strings, bigints, arrays, byte arrays, plain objects, maps and sets, nested; a property that is
 * undefined counts as absent. Throws `Misuse` for anything else: functions, symbols and instances of classes have no structure to compare.
 */
export function canonicalHash(value: unknown): Fingerprint {
  return new CanonicalHasher().hash(value)
}

/** Hashes many values; remembers the hashes of the property names it meets. */
export class CanonicalHasher {
  /** Of the value visited last. */
  #high = 0
  #low = 0
  readonly #names = new Map<string, Fingerprint>()

  hash(value: unknown): Fingerprint {
    this.#visit(value)
    return { high: this.#high >>> 0, low: this.#low >>> 0 }
  }

  /** The fingerprint as a key of a map. */
  key(value: unknown): string {
    this.#visit(value)
    return `${this.#high >>> 0}/${this.#low >>> 0}`
  }

  #visit(value: unknown): void {
    switch (typeof value) {
      case 'number':
        this.#visitNumber(value)
        break
      case 'string':
        this.#visitString(value)
        break
      case 'boolean':
        this.#set(tags.boolean, value ? 1 : 0)
        break
      case 'undefined':
        this.#set(tags.undefined, 0)
        break
      case 'bigint':
        this.#visitString(value.toString())
        this.#wrap(tags.bigint)
        break
      case 'object':
        if (value === null) this.#set(tags.null, 0)
        else this.#visitObject(value)
        break
      default:
        throw new Misuse(`a ${typeof value} has no canonical hash`)
    }
  }

  #visitNumber(value: number): void {
    if ((value | 0) === value) {
      this.#set(tags.integer, value)
    } else if (Number.isSafeInteger(value)) {
      this.#set(tags.large, fold(value | 0, Math.floor(value / 0x1_0000_0000)), fold(Math.floor(value / 0x1_0000_0000), value | 0))
    } else {
      this.#visitString(String(value))
      this.#wrap(tags.fraction)
    }
  }

  #visitString(text: string): void {
    // The two words come from two different folds of the code units.
    let other = text.length
    for (let i = 0; i < text.length; i++) other = Math.imul(other ^ text.charCodeAt(i), 0x85ebca6b) ^ (other >>> 13)
    this.#set(tags.string, hashString(text), other)
  }

  #visitObject(value: object): void {
    if (Array.isArray(value)) this.#visitList(value, tags.array)
    else if (value instanceof Uint8Array) this.#visitList(value, tags.bytes)
    else if (value instanceof Map) this.#visitMap(value)
    else if (value instanceof Set) this.#visitSet(value)
    else this.#visitRecord(value)
  }

  #visitList(list: readonly unknown[] | Uint8Array, tag: Tag): void {
    let high = fold(tag.high, list.length)
    let low = fold(tag.low, list.length)
    for (let i = 0; i < list.length; i++) {
      this.#visit(list[i])
      high = fold(high, this.#high)
      low = fold(low, this.#low)
    }
    this.#high = mix(high)
    this.#low = mix(low)
  }

  // Sums of what is well mixed do not depend on order.

  #visitMap(map: ReadonlyMap<unknown, unknown>): void {
    let high = 0
    let low = 0
    for (const [key, item] of map) {
      this.#visit(key)
      const keyHigh = this.#high
      const keyLow = this.#low
      this.#visit(item)
      high = (high + pair(keyHigh, this.#high)) | 0
      low = (low + pair(keyLow, this.#low)) | 0
    }
    this.#high = mix(fold(fold(tags.map.high, map.size), high))
    this.#low = mix(fold(fold(tags.map.low, map.size), low))
  }

  #visitSet(set: ReadonlySet<unknown>): void {
    let high = 0
    let low = 0
    for (const item of set) {
      this.#visit(item)
      high = (high + pair(tags.set.high, this.#high)) | 0
      low = (low + pair(tags.set.low, this.#low)) | 0
    }
    this.#high = mix(fold(fold(tags.set.high, set.size), high))
    this.#low = mix(fold(fold(tags.set.low, set.size), low))
  }

  #visitRecord(record: object): void {
    const prototype: unknown = Object.getPrototypeOf(record)
    if (prototype !== Object.prototype && prototype !== null) throw new Misuse('an instance of a class has no canonical hash: states are plain data')
    let high = 0
    let low = 0
    for (const key in record) {
      const item = (record as Record<string, unknown>)[key]
      if (item === undefined) continue
      const name = this.#name(key)
      this.#visit(item)
      high = (high + pair(name.high, this.#high)) | 0
      low = (low + pair(name.low, this.#low)) | 0
    }
    this.#set(tags.record, high, low)
  }

  #name(key: string): Fingerprint {
    let name = this.#names.get(key)
    if (name === undefined) {
      this.#visitString(key)
      name = { high: this.#high, low: this.#low }
      this.#names.set(key, name)
    }
    return name
  }

  #set(tag: Tag, high: number, low = high): void {
    this.#high = mix(fold(tag.high, high))
    this.#low = mix(fold(tag.low, low))
  }

  #wrap(tag: Tag): void {
    this.#high = mix(fold(this.#high, tag.high))
    this.#low = mix(fold(this.#low, tag.low))
  }
}

interface Tag {
  readonly high: number
  readonly low: number
}

/**
 * One for each sort of value, so that none is taken for another. The two words of a tag are not alike: with tags that differ by the same bits in both, a number
 * that differs from another value by those bits would have its hash.
 */
const tag = (ordinal: number): Tag => ({ high: mix(ordinal * 0x9e3779b1), low: mix(mix(ordinal) ^ 0x13198a2e) })

const tags = {
  integer: tag(1),
  fraction: tag(2),
  string: tag(3),
  bigint: tag(4),
  boolean: tag(5),
  null: tag(6),
  undefined: tag(7),
  array: tag(8),
  bytes: tag(9),
  map: tag(10),
  set: tag(11),
  record: tag(12),
  large: tag(13),
} as const

function pair(key: number, item: number): number {
  return mix(fold(fold(0x5b, key), item))
}
