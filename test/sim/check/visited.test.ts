import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ExactStates } from '../../../sim/check/exact-states.js'
import { SeenStates } from '../../../sim/check/seen-states.js'
import { SharedStates } from '../../../sim/check/shared-states.js'

const word = fc.integer({ min: -3, max: 3 })
const pairs = fc.array(fc.tuple(word, fc.integer({ min: -500, max: 500 })), { maxLength: 3_000 })

describe('SeenStates', () => {
  it('holds what was added, with its parent, however often it grows', () => {
    fc.assert(
      fc.property(pairs, (added) => {
        const states = new SeenStates()
        const known = new Map<string, number>()
        for (const [i, [high, low]] of added.entries()) {
          // Both words zero stand for an empty place, and are kept as another state.
          const key = high === 0 && low === 0 ? '1/0' : `${high}/${low}`
          expect(states.has(high, low)).toBe(known.has(key))
          expect(states.add(high, low, i)).toBe(!known.has(key))
          if (!known.has(key)) known.set(key, i)
          expect(states.parentOf(high, low)).toBe(known.get(key))
        }
        expect(states.size).toBe(known.size)
        for (const key of known.keys()) {
          const [high, low] = key.split('/').map(Number) as [number, number]
          expect(states.withLow(low)).toContain(high)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('keeps all of many when it grows where they lie, those at either end of it, too', () => {
    const states = new SeenStates()
    const count = 450_000
    // The factor is the inverse of the one that tells places: those at both ends are crowded, and what belongs to the last ones goes on at the first.
    const lowOf = (i: number) => (i % 64 === 0 ? Math.imul(0x0e8b2f51, i % 128 === 0 ? i >> 7 : -(i >> 7)) : Math.imul(i, 0x85ebca6b))
    for (let i = 0; i < count; i++) if (!states.add(i + 1, lowOf(i), i)) throw new Error(`${i} was there before`)
    for (let i = 0; i < count; i++) if (states.add(i + 1, lowOf(i), 0) || states.parentOf(i + 1, lowOf(i)) !== i) throw new Error(`${i} was lost`)
    expect(states.size).toBe(count)
    expect(states.has(count + 1, 1)).toBe(false)
  })
})

describe('SharedStates', () => {
  it('holds what was added, and keeps the least parent of the level on which a state was met', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(word, fc.integer({ min: -50, max: 50 }), fc.integer()), { maxLength: 500 }), (added) => {
        const states = new SharedStates(4_096)
        const known = new Map<string, number>()
        for (const [high, low, parent] of added) {
          const key = `${high || 1}/${low}`
          expect(states.add(high, low, parent, 3)).toBe(!known.has(key))
          known.set(key, Math.min(known.get(key) ?? Number.POSITIVE_INFINITY, parent))
          // Met again on a later level, it keeps its parent.
          expect(states.add(high, low, -(2 ** 31), 4)).toBe(false)
        }
        const larger = states.grown(8_192)
        for (const [key, parent] of known) {
          const [high, low] = key.split('/').map(Number) as [number, number]
          expect(larger.find(high, low)).toEqual({ parent, level: 3 })
          expect(larger.withLow(low, 3)).toContain(high)
          expect(larger.withLow(low, 2)).toEqual([])
        }
      }),
      { numRuns: 20 },
    )
  })
})

describe('ExactStates', () => {
  it('takes no row for another, though all hashes are one', () => {
    fc.assert(
      fc.property(fc.array(fc.array(word, { maxLength: 3 }), { maxLength: 300 }), fc.constantFrom(0, 2, 32), (rows, bits) => {
        const states = new ExactStates(bits)
        const known = new Set<string>()
        for (const row of rows) {
          const words = Int32Array.from(row)
          expect(states.add(row.length, words, 0, words.length, -1) >= 0).toBe(!known.has(row.join()))
          known.add(row.join())
          expect(states.find(row.length, words, 0, words.length)).toBeGreaterThanOrEqual(0)
        }
        expect(states.size).toBe(known.size)
      }),
      { numRuns: 30 },
    )
  })
})
