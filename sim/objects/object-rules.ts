/** What every object store here asks of its arguments, and how keys sort: the rules of S3. A broken rule is a `Misuse`, before anything is sent. */
import { Misuse, ObjectStoreError } from '../host/errors.js'
import { type ByteRange, type ListOptions, mostKeyBytes, mostOnAPage, mostParts, type UploadedPart, type WriteConditions } from '../host/object-store.js'

/** The order of the UTF-8 bytes, which is that of code points, not of code units. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all others. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

export function requireKey(key: string): void {
  if (key === '') throw new Misuse('the key of an object is not empty')
  requireText('the key of an object', key)
  const bytes = utf8Length(key)
  if (bytes > mostKeyBytes) throw new Misuse(`the key of an object is at most ${mostKeyBytes} bytes of UTF-8, not ${bytes}`)
}

function requireText(what: string, text: string): void {
  if (/\p{Surrogate}/u.test(text) || text.includes('\0')) throw new Misuse(`${what} is well-formed text without a zero byte, not ${JSON.stringify(text)}`)
}

function utf8Length(text: string): number {
  let bytes = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    // Half of a pair: four bytes for the two.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3
  }
  return bytes
}

export function requireListOptions(prefix: string, options: ListOptions): void {
  const { limit = mostOnAPage, after } = options
  requireText('the prefix of a list', prefix)
  if (after !== undefined) requireText('list(…, { after })', after)
  if (!Number.isInteger(limit) || limit < 1 || limit > mostOnAPage) throw new Misuse(`a page holds from 1 to ${mostOnAPage}, not ${limit}`)
}

export function requireConditions(conditions: WriteConditions): void {
  if (conditions.ifMatch !== undefined && conditions.ifNoneMatch !== undefined) throw new Misuse('a write has ifMatch or ifNoneMatch, not both')
}

export function requirePart(part: number): void {
  if (!Number.isInteger(part) || part < 1 || part > mostParts) throw new Misuse(`the number of a part is an integer from 1 to ${mostParts}, not ${part}`)
}

export function requireParts(parts: readonly UploadedPart[]): void {
  if (parts.length === 0) throw new Misuse('an upload is completed of at least one part')
  let last = 0
  for (const { part } of parts) {
    requirePart(part)
    if (part <= last) throw new Misuse(`the parts of an upload are named in ascending order: ${part} follows ${last}`)
    last = part
  }
}

export function requireRange(range: ByteRange): void {
  const isCount = (value: number | undefined) => value === undefined || (Number.isSafeInteger(value) && value >= 0)
  const isRange = 'last' in range ? isCount(range.last) : isCount(range.from) && isCount(range.length)
  if (!isRange) throw new Misuse(`a range is made of integers from 0 on, not ${JSON.stringify(range)}`)
}

/** Where the range starts and ends in an object of so many bytes. Throws `invalid-range` when it holds none of them. */
export function resolveRange(range: ByteRange, size: number, key: string): { readonly start: number; readonly end: number } {
  const start = 'last' in range ? Math.max(0, size - range.last) : range.from
  const end = 'last' in range || range.length === undefined ? size : Math.min(size, start + range.length)
  if (start >= end) throw new ObjectStoreError('invalid-range', 'get', key, `${JSON.stringify(range)} of ${size} bytes`)
  return { start, end }
}

/** Throws `precondition-failed` unless the object, by its ETag (null: there is none), is as the conditions want it. */
export function requireMet(conditions: WriteConditions, etag: string | null, operation: string, key: string): void {
  const { ifMatch, ifNoneMatch } = conditions
  if (ifMatch !== undefined && ifMatch !== etag) {
    throw new ObjectStoreError('precondition-failed', operation, key, etag === null ? 'there is no such object' : `it has the ETag ${etag}, not ${ifMatch}`)
  }
  if (ifNoneMatch !== undefined && etag !== null) throw new ObjectStoreError('precondition-failed', operation, key, 'it exists')
}

/** The same of a get: `not-modified` while the ETag is the one the caller has. */
export function requireWanted(options: { readonly ifMatch?: string; readonly ifNoneMatch?: string }, etag: string, key: string): void {
  if (options.ifMatch !== undefined) requireMet({ ifMatch: options.ifMatch }, etag, 'get', key)
  if (options.ifNoneMatch === etag) throw new ObjectStoreError('not-modified', 'get', key)
}
