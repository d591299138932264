import { Misuse } from '../../host/errors.js'

/**
 * A plain value as JSON that reads back the same: what JSON has no word for is an object of one property, `$undefined`, `$number` (NaN, the infinities, -0),
 * `$bigint` or `$bytes` (hexadecimal). An object of one such property is wrapped in `$object`.
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(encoded(value))
}

/** The value that `jsonText` wrote, or any JSON. Throws `SyntaxError`. */
export function valueOfJson(text: string): unknown {
  return decoded(JSON.parse(text) as unknown)
}

function encoded(value: unknown): unknown {
  switch (typeof value) {
    case 'undefined':
      return { $undefined: true }
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: Object.is(value, -0) ? '-0' : String(value) }
    case 'bigint':
      return { $bigint: String(value) }
    case 'string':
    case 'boolean':
      return value
    case 'object':
      return value === null ? null : encodedObject(value)
    default:
      throw new Misuse(`a value of a history is plain data, not a ${typeof value}`)
  }
}

function encodedObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(encoded)
  if (value instanceof Uint8Array) return { $bytes: Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('') }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new Misuse(`a value of a history is plain data, not a ${value.constructor.name}`)
  const copy = Object.fromEntries(Object.entries(value).map(([name, item]) => [name, encoded(item)]))
  return isMarked(copy) ? { $object: copy } : copy
}

const marks: readonly string[] = ['$undefined', '$number', '$bigint', '$bytes', '$object']

function isMarked(value: object): boolean {
  const names = Object.keys(value)
  return names.length === 1 && marks.includes(names[0]!)
}

function decoded(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(decoded)
  if (isMarked(value)) {
    const [[mark, marked]] = Object.entries(value) as [[string, unknown]]
    if (mark === '$object' && typeof marked === 'object' && marked !== null) return fields(marked)
    if (mark === '$undefined') return undefined
    if (mark === '$number' && typeof marked === 'string') return Number(marked)
    if (mark === '$bigint' && typeof marked === 'string' && /^-?\d+$/.test(marked)) return BigInt(marked)
    if (mark === '$bytes' && typeof marked === 'string' && /^([0-9a-f]{2})*$/.test(marked))
      return Uint8Array.from(marked.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))
  }
  return fields(value)
}

const fields = (value: object): Record<string, unknown> => Object.fromEntries(Object.entries(value).map(([name, item]) => [name, decoded(item)]))
