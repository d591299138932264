import { mix } from '../kernel/mix.js'

/** A copy with one to three bits flipped: all that one die says. Empty bytes stay as they are. */
export function flipBits(bytes: Uint8Array, die: number): Uint8Array {
  const copy = bytes.slice()
  if (copy.length === 0) return copy
  const bits = copy.length * 8
  let first = -1
  for (let flip = 0; flip <= die % 3; flip++) {
    const bit = (mix(die + Math.imul(flip, 0x9e3779b1)) >>> 0) % bits
    // Flipping the first one back would leave nothing.
    if (bit === first) continue
    if (flip === 0) first = bit
    copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7))
  }
  return copy
}

/**
 * A copy of a plain value with one to three bits of one of its leaves flipped (a number, a text, bytes, a boolean, a bigint): its shape stays, so that
 * a receiver with a checksum notices, and one without believes it. A value without such a leaf stays as it is.
 */
export function corruptValue(value: unknown, die: number): unknown {
  const leaves = countLeaves(value)
  return leaves === 0 ? value : alter(value, { skip: (mix(die) >>> 0) % leaves, die })
}

interface Target {
  /** Leaves before the one that is struck; below 0 once it was. */
  skip: number
  readonly die: number
}

function isLeaf(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
    case 'boolean':
    case 'bigint':
      return true
    case 'string':
      return value.length > 0
    default:
      return value instanceof Uint8Array && value.length > 0
  }
}

function countLeaves(value: unknown): number {
  if (isLeaf(value)) return 1
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0
  let count = 0
  for (const item of itemsOf(value)) count += countLeaves(item)
  return count
}

function itemsOf(value: object): Iterable<unknown> {
  if (value instanceof Map) return [...value].flat()
  if (value instanceof Set || Array.isArray(value)) return value
  return Object.values(value)
}

function alter(value: unknown, target: Target): unknown {
  if (target.skip < 0) return value
  if (isLeaf(value)) return target.skip-- === 0 ? alterLeaf(value, target.die) : value
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [alter(key, target), alter(item, target)]))
  if (value instanceof Set) return new Set([...value].map((item) => alter(item, target)))
  if (Array.isArray(value)) return Object.freeze(value.map((item) => alter(item, target)))
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, alter(item, target)])))
}

function alterLeaf(value: unknown, die: number): unknown {
  switch (typeof value) {
    case 'number':
      return alterNumber(value, die)
    case 'boolean':
      return !value
    case 'bigint':
      return value ^ (1n << BigInt(die % 64))
    case 'string': {
      const at = (die >>> 3) % value.length
      return `${value.slice(0, at)}${String.fromCharCode(value.charCodeAt(at) ^ (1 << (die & 7)))}${value.slice(at + 1)}`
    }
    default:
      return flipBits(value as Uint8Array, die)
  }
}

/** Integers stay integers of their size; other numbers lose or gain a bit of their mantissa, so that they stay numbers. */
function alterNumber(value: number, die: number): number {
  if ((value | 0) === value) return value ^ (1 << (die % 31))
  const double = new DataView(new ArrayBuffer(8))
  double.setFloat64(0, value)
  const bit = die % 51
  const byte = 7 - (bit >> 3)
  double.setUint8(byte, double.getUint8(byte) ^ (1 << (bit & 7)))
  return double.getFloat64(0)
}
