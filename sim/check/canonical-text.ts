import { Misuse } from '../host/errors.js'

/**
 * Plain data as text: equal structures have equal texts, whatever the order in which their objects, maps and sets were filled, and different ones different
 * texts. Takes what `canonicalHash` takes, and tells apart what it tells apart, without its odds of taking two for one. A property that is undefined counts as absent.
 */
export function canonicalText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return Object.is(value, -0) ? '0' : String(value)
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'bigint':
      return `${value}n`
    case 'object':
      return value === null ? 'null' : textOfObject(value)
    default:
      throw new Misuse(`a ${typeof value} has no canonical text: states are plain data`)
  }
}

function textOfObject(value: object): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`
  if (value instanceof Uint8Array) return `bytes(${value.join(' ')})`
  if (value instanceof Map) return `map{${sorted([...value].map(([key, item]) => `${canonicalText(key)}:${canonicalText(item)}`))}}`
  if (value instanceof Set) return `set{${sorted([...value].map(canonicalText))}}`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new Misuse('an instance of a class has no canonical text: states are plain data')
  const record = value as Record<string, unknown>
  const names = Object.keys(record).filter((name) => record[name] !== undefined)
  return `{${sorted(names.map((name) => `${JSON.stringify(name)}:${canonicalText(record[name])}`))}}`
}

/** By code units, whatever the machine's language. */
const sorted = (texts: string[]): string => texts.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join(',')
