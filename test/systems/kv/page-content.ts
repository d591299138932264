import * as fc from 'fast-check'
import { compareBytes, equalBytes } from '../../../systems/kv/bytes.js'
import { entryFlags, type LeafEntry } from '../../../systems/kv/entry.js'

/** Few different bytes, so that keys share much and lie within one another; high ones among them. */
export const keyArbitrary = fc.array(fc.constantFrom(0, 97, 98, 128, 255), { minLength: 1, maxLength: 6 }).map((bytes) => Uint8Array.from(bytes))

const entry = fc.record({
  key: keyArbitrary,
  value: fc.uint8Array({ maxLength: 60 }),
  timestampMillis: fc.nat(4_000),
  expiresAtMillis: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 ** 41 }) }),
})

/** Entries of a data page: in order, one a key. */
export const sortedEntries = fc
  .uniqueArray(entry, { minLength: 1, maxLength: 60, comparator: (a, b) => equalBytes(a.key, b.key) })
  .map((all): LeafEntry[] =>
    all.map((each) => ({ ...each, flags: each.expiresAtMillis === 0 ? 0 : entryFlags.expires })).sort((a, b) => compareBytes(a.key, b.key)),
  )

/** To be compared: without whose bytes they are. */
export function contentOf(entries: readonly LeafEntry[]): object[] {
  return entries.map((each) => ({ ...each, key: [...each.key], value: [...each.value] }))
}
