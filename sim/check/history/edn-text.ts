import { Misuse } from '../../host/errors.js'

/**
 * A plain value as EDN, such that `EdnReader` reads the same again, with two exceptions that EDN has no word for: `undefined` is written as nil, and -0 as 0.
 * Texts that look like a keyword (`:name`) are written as one; properties of objects become keywords, or integers where they are digits.
 */
export function ednText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return isKeyword(value) ? value : quoted(value)
    case 'number':
      return numberText(value)
    case 'boolean':
      return String(value)
    case 'bigint':
      return `${value}N`
    case 'undefined':
      return 'nil'
    case 'object':
      return value === null ? 'nil' : objectText(value)
    default:
      throw new Misuse(`a value of a history is plain data, not a ${typeof value}`)
  }
}

function objectText(value: object): string {
  if (Array.isArray(value)) return `[${value.map(ednText).join(' ')}]`
  if (value instanceof Uint8Array) return `#seedfall/bytes "${Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')}"`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new Misuse(`a value of a history is plain data, not a ${value.constructor.name}`)
  const pairs = Object.entries(value).filter(([, item]) => item !== undefined)
  return `{${pairs.map(([key, item]) => `${keyText(key)} ${ednText(item)}`).join(', ')}}`
}

function keyText(key: string): string {
  if (/^(0|-?[1-9]\d{0,14})$/.test(key)) return key
  return isKeyword(`:${key}`) ? `:${key}` : quoted(key)
}

const isKeyword = (text: string): boolean => /^:[A-Za-z*!_?$%&=<>][\w.*+!?$%&=<>/-]*$/.test(text)

function numberText(value: number): string {
  if (Number.isNaN(value)) return '##NaN'
  if (!Number.isFinite(value)) return value > 0 ? '##Inf' : '##-Inf'
  if (Number.isSafeInteger(value)) return String(value === 0 ? 0 : value)
  const text = String(value)
  // Digits alone would be an integer, which reads as a bigint.
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

const quoted = (text: string): string => `"${text.replace(/["\\\n\r\t]/g, (character) => escapes[character]!)}"`
const escapes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
