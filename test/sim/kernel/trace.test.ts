import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TraceHash } from '../../../sim/kernel/trace.js'

const hashOf = (words: readonly number[]): string => {
  const hash = new TraceHash()
  for (const word of words) hash.fold(word)
  return hash.toString()
}

describe('the trace hash', () => {
  test('is 16 hexadecimal digits, golden', () => {
    expect([[], [0], [1, 2, 3], [-1, 0x7fffffff]].map(hashOf)).toMatchInlineSnapshot(`
      [
        "6a09e667bb67ae85",
        "7e0b577db0f0a060",
        "9f2002bce1167a9d",
        "ba35ffda979bddd8",
      ]
    `)
  })

  test('differs when any one word does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.nat(), fc.integer(), (words, at, other) => {
        const index = at % words.length
        fc.pre(words[index] !== other)
        expect(hashOf(words.with(index, other))).not.toBe(hashOf(words))
      }),
      { numRuns: 2_000, seed: 1 },
    )
  })

  test('differs when two words change places, and when one is missing', () => {
    const seen = new Set<string>()
    const words = Array.from({ length: 300 }, (_, i) => (i * 0x9e3779b1) >> 7)
    seen.add(hashOf(words))
    for (let i = 1; i < words.length; i++) {
      seen.add(hashOf(words.with(i, words[i - 1]!).with(i - 1, words[i]!)))
      seen.add(hashOf(words.toSpliced(i, 1)))
    }
    expect(seen.size).toBe(2 * words.length - 1)
  })

  test('differs when a bit flips in one word and any bit in the next', () => {
    const seen = new Set<string>([hashOf([7, 11, 13, 17])])
    for (let first = 0; first < 32; first++) for (let second = 0; second < 32; second++) seen.add(hashOf([7, 11 ^ (1 << first), 13 ^ (1 << second), 17]))
    expect(seen.size).toBe(1 + 32 * 32)
  })

  test('takes times beyond 32 bits whole', () => {
    const of = (value: number) => {
      const hash = new TraceHash()
      hash.foldInteger(value)
      return hash.toString()
    }
    const values = [0, 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 40, 2 ** 52, 2 ** 53 - 1]
    expect(new Set(values.map(of)).size).toBe(values.length)
  })
})
