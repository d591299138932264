import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SparseIndex } from '../../../systems/broker/sparse-index.js'

test('finds the last entry at or below a key, and the last one below it', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 60 }), fc.integer({ min: -1, max: 301 }), (keys, key) => {
      const index = new SparseIndex()
      const entries: [number, number][] = []
      for (const [place, each] of keys.entries()) {
        index.add(each, place + 1)
        if (entries.every(([known]) => known < each)) entries.push([each, place + 1])
      }
      expect(index.length).toBe(entries.length)
      expect(index.floor(key)).toBe(entries.findLast(([known]) => known <= key)?.[1] ?? 0)
      expect(index.before(key)).toBe(entries.findLast(([known]) => known < key)?.[1] ?? 0)
    }),
  )
})
