import { Misuse } from '../host/errors.js'

/** Marks keys that are not the value itself; texts that begin so are marked too. */
const mark = '\u0001'

/**
 * A primitive that is the same for equal plain values and different for different ones: numbers, booleans, null and nearly all texts stand for themselves,
 * arrays, plain objects (in any order of their properties) and bytes become text. Class instances and functions throw `Misuse`.
 */
export function valueKey(value: unknown): string | number | boolean | null {
  switch (typeof value) {
    case 'number':
      return Number.isNaN(value) ? `${mark}NaN` : value
    case 'string':
      return value.startsWith(mark) ? `${mark}${JSON.stringify(value)}` : value
    case 'boolean':
      return value
    default:
      return value === null ? null : `${mark}${encode(value)}`
  }
}

/** The text that a key stands for, undefined when it stands for anything else. */
export function keyText(key: string | number | boolean | null): string | undefined {
  if (typeof key !== 'string' || !key.startsWith(mark)) return typeof key === 'string' ? key : undefined
  return key[1] === '"' ? (JSON.parse(key.slice(1)) as string) : undefined
}

function encode(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined'
    case 'bigint':
      return `${value}n`
    case 'number':
      return String(value)
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'object':
      return value === null ? 'null' : encodeObject(value)
    default:
      throw new Misuse(`a value of a history is plain data, not a ${typeof value}`)
  }
}

function encodeObject(value: object): string {
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`
  if (value instanceof Uint8Array) return `bytes(${value.join(' ')})`
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw new Misuse(`a value of a history is plain data, not a ${value.constructor.name}`)
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${encode((value as Record<string, unknown>)[name])}`).join(',')}}`
}
