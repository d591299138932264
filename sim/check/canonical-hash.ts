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
  return { high: hashOf(value, 0x243f6a88) >>> 0, low: hashOf(value, 0x13198a2e) >>> 0 }
}

/** The fingerprint as a key of a map. */
export function canonicalKey(value: unknown): string {
  return `${hashOf(value, 0x243f6a88) >>> 0}/${hashOf(value, 0x13198a2e) >>> 0}`
}

/** Two seeds give two independent words. */
function hashOf(value: unknown, seed: number): number {
  switch (typeof value) {
    case 'number':
      return hashNumber(value, seed)
    case 'string':
      return mix(fold(seed ^ 0x51, hashString(value) ^ Math.imul(value.length, 0x9e3779b1) ^ hashTail(value, seed)))
    case 'boolean':
      return mix(seed ^ (value ? 0x7e : 0x7f))
    case 'undefined':
      return mix(seed ^ 0x7d)
    case 'bigint':
      return mix(fold(seed ^ 0x52, hashOf(value.toString(), seed)))
    case 'object':
      return value === null ? mix(seed ^ 0x7c) : hashObject(value, seed)
    default:
      throw new Misuse(`a ${typeof value} has no canonical hash`)
  }
}

/** The second word of a string does not come from the same 32 bits as the first. */
function hashTail(text: string, seed: number): number {
  let hash = seed
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x85ebca6b) ^ (hash >>> 13)
  return hash
}

function hashNumber(value: number, seed: number): number {
  if ((value | 0) === value) return mix(fold(seed ^ 0x50, value))
  if (Number.isSafeInteger(value)) return mix(fold(fold(seed ^ 0x53, value | 0), Math.floor(value / 0x1_0000_0000)))
  return mix(fold(seed ^ 0x54, hashOf(String(value), seed)))
}

function hashObject(value: object, seed: number): number {
  if (Array.isArray(value)) {
    let hash = fold(seed ^ 0x55, value.length)
    for (let i = 0; i < value.length; i++) hash = fold(hash, hashOf(value[i], seed))
    return mix(hash)
  }
  if (ArrayBuffer.isView(value)) {
    if (!(value instanceof Uint8Array)) throw new Misuse('of binary data only a Uint8Array has a canonical hash')
    let hash = fold(seed ^ 0x56, value.length)
    for (const byte of value) hash = fold(hash, byte)
    return mix(hash)
  }
  if (value instanceof Map) {
    let sum = 0
    for (const [key, item] of value) sum = (sum + hashPair(hashOf(key, seed), hashOf(item, seed), seed)) | 0
    return mix(fold(fold(seed ^ 0x57, value.size), sum))
  }
  if (value instanceof Set) {
    let sum = 0
    for (const item of value) sum = (sum + mix(fold(seed ^ 0x59, hashOf(item, seed)))) | 0
    return mix(fold(fold(seed ^ 0x58, value.size), sum))
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new Misuse('an instance of a class has no canonical hash: states are plain data')
  let sum = 0
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key]
    if (item !== undefined) sum = (sum + hashPair(hashOf(key, seed), hashOf(item, seed), seed)) | 0
  }
  return mix(fold(seed ^ 0x5a, sum))
}

/** Sums of these do not depend on order. */
function hashPair(key: number, item: number, seed: number): number {
  return mix(fold(fold(seed ^ 0x5b, key), item))
}
