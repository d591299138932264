/** What a partition should hold: a plain sorted map, state by state. */
import type { BatchOperation } from '../../systems/kv/batch.js'
import { compareBytes, equalBytes } from '../../systems/kv/bytes.js'

export interface ReferenceEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** Wall-clock milliseconds; 0: never. */
  readonly expiresAtMillis: number
}

/** Entries in the order of their keys. */
export type ReferenceMap = readonly ReferenceEntry[]

export function afterBatches(map: ReferenceMap, batches: readonly (readonly BatchOperation[])[]): ReferenceMap {
  const next = [...map]
  for (const batch of batches) {
    for (const operation of batch) {
      if (operation.kind === 'truncate') {
        next.length = placeOf(next, operation.from)
        continue
      }
      const { key } = operation
      const at = placeOf(next, key)
      const isThere = at < next.length && equalBytes((next[at] as ReferenceEntry).key, key)
      if (operation.kind === 'delete') {
        if (isThere) next.splice(at, 1)
      } else next.splice(at, isThere ? 1 : 0, { key, value: operation.value, expiresAtMillis: operation.expiresAtMillis ?? 0 })
    }
  }
  return next
}

/** The position of the first key that is not below this one. */
export function placeOf(map: ReferenceMap, key: Uint8Array): number {
  let low = 0
  let high = map.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareBytes((map[middle] as ReferenceEntry).key, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

export function valueIn(map: ReferenceMap, key: Uint8Array, nowMillis: number): Uint8Array | null {
  const entry = map[placeOf(map, key)]
  return entry === undefined || !equalBytes(entry.key, key) || isGone(entry, nowMillis) ? null : entry.value
}

export function rangeOf(map: ReferenceMap, from: Uint8Array | null, to: Uint8Array | null, nowMillis: number): ReferenceMap {
  const first = from === null ? 0 : placeOf(map, from)
  const end = to === null ? map.length : placeOf(map, to)
  return map.slice(first, end).filter((entry) => !isGone(entry, nowMillis))
}

function isGone({ expiresAtMillis }: ReferenceEntry, nowMillis: number): boolean {
  return expiresAtMillis !== 0 && expiresAtMillis <= nowMillis
}

/** The first thing in which two lists of entries differ, in words; undefined: in nothing. */
export function difference(
  found: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[],
  expected: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[],
): string | undefined {
  for (let i = 0; i < Math.max(found.length, expected.length); i++) {
    const [is, should] = [found[i], expected[i]]
    if (is === undefined) return `${show(should?.key)} is missing`
    if (should === undefined) return `${show(is.key)} should not be there`
    const order = compareBytes(is.key, should.key)
    if (order !== 0) return order < 0 ? `${show(is.key)} should not be there` : `${show(should.key)} is missing`
    if (!equalBytes(is.value, should.value)) return `${show(is.key)} is ${show(is.value)}, and should be ${show(should.value)}`
  }
  return undefined
}

/** Bytes as text, cut short. */
export function show(bytes: Uint8Array | null | undefined): string {
  if (bytes === null || bytes === undefined) return 'nothing'
  const text = Array.from(bytes.subarray(0, 24), (byte) =>
    byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('')
  return `'${text}'${bytes.length > 24 ? ` and ${bytes.length - 24} bytes more` : ''}`
}
