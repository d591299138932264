import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FirstOf, minimise, withoutChunks, withoutGroups } from '../../../../sim/run/shrink/reduce.js'

/** Fails when all of one of the causes are there; counts how often it was asked. */
function oracle(causes: readonly (readonly number[])[]) {
  const fails = (items: readonly number[]) => causes.some((cause) => cause.every((item) => items.includes(item)))
  const first: FirstOf<number> = async (lists) => {
    const index = lists.findIndex(fails)
    return index < 0 ? null : { index, items: lists[index] as readonly number[] }
  }
  return { fails, first }
}

const listAndCauses = fc.integer({ min: 1, max: 60 }).chain((length) =>
  fc.record({
    items: fc.constant(Array.from({ length }, (_, i) => i)),
    causes: fc.array(fc.uniqueArray(fc.integer({ min: 0, max: length - 1 }), { maxLength: 6 }), { minLength: 1, maxLength: 3 }),
  }),
)

describe('delta debugging', () => {
  test('leaves a part of the list that fails, of which no single item can be left out', async () => {
    await fc.assert(
      fc.asyncProperty(listAndCauses, async ({ items, causes }) => {
        const { fails, first } = oracle(causes)
        const left = await minimise(items, String, first)
        expect(fails(left)).toBe(true)
        expect(items.filter((item) => left.includes(item))).toEqual(left)
        for (const item of left) expect(fails(left.filter((each) => each !== item))).toBe(false)
      }),
    )
  })

  test('holds when runs lose more than what was left out', async () => {
    await fc.assert(
      fc.asyncProperty(listAndCauses, async ({ items, causes }) => {
        const { fails, first } = oracle(causes)
        // Realised: of what is left, every third item that no cause needs is gone as well.
        const needed = new Set(causes.flat())
        const realised: FirstOf<number> = async (lists) => {
          const found = await first(lists)
          return found === null ? null : { index: found.index, items: found.items.filter((item) => needed.has(item) || item % 3 > 0) }
        }
        const left = await minimise(items, String, realised)
        expect(fails(left)).toBe(true)
        for (const item of left) expect(fails(left.filter((each) => each !== item))).toBe(false)
      }),
    )
  })

  test('finds three of a thousand in a few hundred questions', async () => {
    let asked = 0
    const { first } = oracle([[17, 500, 999]])
    const items = Array.from({ length: 1_000 }, (_, i) => i)
    const counted: FirstOf<number> = async (lists) => {
      const found = await first(lists)
      asked += found === null ? lists.length : found.index + 1
      return found
    }
    expect(await minimise(items, String, counted)).toEqual([17, 500, 999])
    expect(asked).toBeLessThan(250)
  })

  test('of a list that fails without anything, nothing is left', async () => {
    expect(await minimise([1, 2, 3], String, oracle([[]]).first)).toEqual([])
  })
})

describe('what is tried after a success', () => {
  test('are the items behind the one that went, and those before it last', async () => {
    const tried: string[] = []
    const first: FirstOf<string> = async (lists) => {
      for (const [index, items] of lists.entries()) {
        tried.push(items.join(''))
        if (!items.includes('c')) return null
        if (items.includes('a') && items.includes('d') && !items.includes('b')) return { index, items }
      }
      return null
    }
    expect(await withoutChunks(['a', 'b', 'c', 'd'], 1, String, first)).toEqual(['a', 'c', 'd'])
    expect(tried.slice(0, 3)).toEqual(['bcd', 'acd', 'ad'])
  })
})

describe('whole groups', () => {
  test('go first, whatever order their items come in', async () => {
    const { first } = oracle([[1, 5]])
    expect(await withoutGroups([1, 2, 3, 4, 5, 6], (item) => (item % 2 === 0 ? 'even' : 'odd'), first)).toEqual([1, 3, 5])
  })
})
