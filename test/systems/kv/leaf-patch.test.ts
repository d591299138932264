import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareBytes, equalBytes } from '../../../systems/kv/bytes.js'
import { DataPageBuilder, findEntry, keepEntries, nextLeaf, previousLeaf, readEntries, setNextLeaf, setPreviousLeaf } from '../../../systems/kv/data-page.js'
import type { LeafEntry } from '../../../systems/kv/entry.js'
import { type LeafPatch, patchLeaf } from '../../../systems/kv/leaf-patch.js'
import { contentLength, pageHeaderBytes } from '../../../systems/kv/page.js'
import { contentOf, keyArbitrary, sortedEntries } from './page-content.js'

const patches = fc
  .uniqueArray(fc.record({ key: keyArbitrary, value: fc.option(fc.uint8Array({ maxLength: 60 }), { nil: undefined }) }), {
    minLength: 1,
    maxLength: 12,
    comparator: (a, b) => equalBytes(a.key, b.key),
  })
  .map((all): LeafPatch[] => all.sort((a, b) => compareBytes(a.key, b.key)))

/** The entries after patches, the plain way. */
function patched(entries: readonly LeafEntry[], all: readonly LeafPatch[], timestampMillis: number): LeafEntry[] {
  const kept = entries.filter(({ key }) => !all.some((patch) => equalBytes(patch.key, key)))
  const put = all.flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value, flags: 0, timestampMillis, expiresAtMillis: 0 }]))
  return [...kept, ...put].sort((a, b) => compareBytes(a.key, b.key))
}

function pageOf(entries: readonly LeafEntry[], pageBytes: number): Uint8Array {
  const builder = new DataPageBuilder(pageBytes)
  for (const entry of entries) expect(builder.add(entry)).toBe(true)
  const page = builder.finish()
  setPreviousLeaf(page, 7)
  setNextLeaf(page, 8)
  return page
}

test('a page that is changed as it lies holds what one that was laid out anew would hold, change after change', () => {
  fc.assert(
    fc.property(sortedEntries, fc.array(patches, { minLength: 1, maxLength: 6 }), (entries, rounds) => {
      let page = pageOf(entries, 8_192)
      let expected: readonly LeafEntry[] = entries
      for (const [round, all] of rounds.entries()) {
        const next = patchLeaf(page, all, 5_000 + round, 0, new Uint8Array(page.length).fill(0xa5))
        const replaced = expected.filter(({ key }) => all.some((patch) => equalBytes(patch.key, key)))
        expected = patched(expected, all, 5_000 + round)
        if (next === null) {
          // There is room: only what expires, or nothing that is left, needs the long way.
          expect(expected.length === 0 || replaced.some(({ expiresAtMillis }) => expiresAtMillis !== 0)).toBe(true)
          return
        }
        expect([previousLeaf(next), nextLeaf(next)]).toEqual([7, 8])
        expect(next.subarray(pageHeaderBytes + contentLength(next)).every((byte) => byte === 0)).toBe(true)
        expect(contentOf(readEntries(next))).toEqual(contentOf(expected))
        for (const entry of expected) expect(contentOf([findEntry(next, entry.key) as LeafEntry])).toEqual(contentOf([entry]))
        for (const { key, value } of all) if (value === undefined) expect(findEntry(next, key)).toBeNull()
        const kept = round % (expected.length + 1)
        if (kept > 0) {
          const cut = keepEntries(next, kept)
          expect([previousLeaf(cut), nextLeaf(cut)]).toEqual([7, 8])
          expect(contentOf(readEntries(cut))).toEqual(contentOf(expected.slice(0, kept)))
          for (const entry of expected.slice(0, kept)) expect(contentOf([findEntry(cut, entry.key) as LeafEntry])).toEqual(contentOf([entry]))
          expect(findEntry(cut, (expected[kept] ?? { key: Uint8Array.of() }).key)).toBeNull()
        }
        page = next
      }
    }),
  )
})
