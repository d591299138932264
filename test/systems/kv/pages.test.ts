import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareBytes } from '../../../systems/kv/bytes.js'
import { DataPageBuilder, findEntry, nextLeaf, previousLeaf, readEntries, setNextLeaf, setPreviousLeaf } from '../../../systems/kv/data-page.js'
import type { LeafEntry } from '../../../systems/kv/entry.js'
import { IndexPageBuilder, readIndex } from '../../../systems/kv/index-page.js'
import { buildOverflowPage, decodeReference, encodeReference, readOverflowPage } from '../../../systems/kv/overflow-page.js'
import { contentLength, describeSeal, isIntact, pageHeaderBytes, sealPage } from '../../../systems/kv/page.js'
import { paginateEntries } from '../../../systems/kv/paginate.js'
import { separatorOf } from '../../../systems/kv/separator.js'
import { contentOf, keyArbitrary, sortedEntries } from './page-content.js'

describe('A data page', () => {
  test('gives back the entries that were put into it, all together and each by its key, and none beside', () => {
    fc.assert(
      fc.property(sortedEntries, keyArbitrary, (entries, other) => {
        const builder = new DataPageBuilder(8_192)
        for (const entry of entries) expect(builder.add(entry)).toBe(true)
        const page = builder.finish()
        expect(contentOf(readEntries(page))).toEqual(contentOf(entries))
        for (const entry of entries) expect(contentOf([findEntry(page, entry.key) as LeafEntry])).toEqual(contentOf([entry]))
        const isThere = entries.some(({ key }) => compareBytes(key, other) === 0)
        expect(findEntry(page, other) !== null).toBe(isThere)
      }),
    )
  })

  test('takes no more than there is room for, and is none the worse for being asked', () => {
    const builder = new DataPageBuilder(512)
    let added = 0
    const entryOf = (i: number): LeafEntry => ({ key: Uint8Array.of(1, i), value: new Uint8Array(50), flags: 0, timestampMillis: 0, expiresAtMillis: 0 })
    while (builder.add(entryOf(added))) added++
    expect(added).toBeGreaterThan(5)
    expect(readEntries(builder.finish()).length).toBe(added)
  })

  test('keeps the data pages beside it, the first of all among them', () => {
    const page = new DataPageBuilder(512).finish()
    expect([previousLeaf(page), nextLeaf(page)]).toEqual([null, null])
    setPreviousLeaf(page, 0)
    setNextLeaf(page, 4_000_000_000)
    expect([previousLeaf(page), nextLeaf(page)]).toEqual([0, 4_000_000_000])
  })

  test('is one of several when entries do not fit into one, in their order', () => {
    const entries = Array.from({ length: 100 }, (_, i): LeafEntry => {
      return { key: Uint8Array.of(i), value: new Uint8Array(20), flags: 0, timestampMillis: i, expiresAtMillis: 0 }
    })
    for (const isAppending of [false, true]) {
      const pieces = paginateEntries(entries, 512, isAppending)
      expect(pieces.length).toBeGreaterThan(3)
      // Where all of a page's entries get a later time, they still fit.
      if (isAppending) for (const { page } of pieces) expect(pageHeaderBytes + contentLength(page)).toBeLessThanOrEqual(512 - 32)
      expect(contentOf(pieces.flatMap(({ page }) => readEntries(page)))).toEqual(contentOf(entries))
    }
  })
})

describe('An index page', () => {
  const separators = fc
    .uniqueArray(keyArbitrary, { minLength: 1, maxLength: 40, comparator: (a, b) => compareBytes(a, b) === 0 })
    .map((keys) => keys.sort(compareBytes))

  test('leads to the last child whose separator is not above the key', () => {
    fc.assert(
      fc.property(separators, keyArbitrary, (keys, key) => {
        const builder = new IndexPageBuilder(4_096, 1)
        for (const [i, each] of [new Uint8Array(0), ...keys].entries()) expect(builder.add({ key: each, child: 1_000_000 + i })).toBe(true)
        const node = readIndex(builder.finish())
        expect(node.length).toBe(keys.length + 1)
        expect(node.children.slice(1).map((child) => [...child.key])).toEqual(keys.map((each) => [...each]))
        const expected = keys.filter((each) => compareBytes(each, key) <= 0).length
        expect(node.positionOf(key)).toBe(expected)
        expect(node.id(node.positionOf(key))).toBe(1_000_000 + expected)
      }),
    )
  })

  test('is divided by the shortest piece of the right key that is above the left one, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.uint8Array({ minLength: 1, maxLength: 8 }), (one, other) => {
        const order = compareBytes(one, other)
        fc.pre(order !== 0)
        const [left, right] = order < 0 ? [one, other] : [other, one]
        const separator = separatorOf(left, right)
        expect(compareBytes(left, separator)).toBeLessThan(0)
        expect(compareBytes(separator, right)).toBeLessThanOrEqual(0)
        const shorter = right.slice(0, separator.length - 1)
        expect(compareBytes(left, shorter)).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})

describe('An overflow page', () => {
  test('gives back its part of the value, and where the rest is', () => {
    const page = buildOverflowPage(512, Uint8Array.of(1, 2, 3), [7, 4_000_000_000])
    expect(readOverflowPage(page)).toEqual({ part: Uint8Array.of(1, 2, 3), pointers: [7, 4_000_000_000] })
    expect(decodeReference(encodeReference({ length: 70_000, pointers: [1, 2, 3] }))).toEqual({ length: 70_000, pointers: [1, 2, 3] })
    expect(() => decodeReference(Uint8Array.of(200))).toThrow('an overflow reference makes no sense')
  })
})

describe('A sealed page', () => {
  const page = () => {
    const made = buildOverflowPage(512, new Uint8Array(300).fill(9), [])
    sealPage(made, 5, 77)
    return made
  }

  test('is whole as what it was sealed as, and as no other page or writing of it', () => {
    expect(isIntact(page(), 512, 5, 77)).toBe(true)
    expect(isIntact(page(), 512, 6, 77)).toBe(false)
    expect(isIntact(page(), 512, 5, 78)).toBe(false)
    expect(isIntact(page().subarray(0, 300), 512, 5, 77)).toBe(false)
    expect(describeSeal(page(), 512, 5, 78).expected).toMatch(/stamp 0000004e$/)
    expect(describeSeal(new Uint8Array(3), 512, 5, 78)).toEqual({ expected: '512 bytes', found: '3' })
  })

  test('is not whole with any one bit of it turned', () => {
    const sealed = page()
    const content = 11 + 2 + 300 + 1
    for (let bit = 0; bit < content * 8; bit++) {
      sealed[bit >> 3] = (sealed[bit >> 3] as number) ^ (1 << (bit & 7))
      if (isIntact(sealed, 512, 5, 77)) expect.fail(`it is whole with bit ${bit} turned`)
      sealed[bit >> 3] = (sealed[bit >> 3] as number) ^ (1 << (bit & 7))
    }
  })
})
