import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deriveKey, dice, diceBelow, fold, hashString, type Key, mix } from '../../../sim/kernel/mix.js'
import { bitCount, chiSquareDeviations, correlationDeviations, countInto, deviationsFromUniform } from './statistics.js'

// Every sample is a pure function of fixed keys, so a bound of some standard deviations either always holds or never.
const key: Key = { high: 0x243f6a88, low: 0x085a308d }
const samples = 200_000

/** The largest deviation from one half, in standard deviations, over all pairs of an input bit and an output bit. */
function worstAvalanche(trials: number, inputs: readonly number[], output: (trial: number, flip: number) => number): number {
  let worst = 0
  for (const flip of inputs) {
    const flipped = new Array<number>(32).fill(0)
    for (let trial = 0; trial < trials; trial++) {
      const difference = output(trial, 0) ^ output(trial, flip)
      for (let bit = 0; bit < 32; bit++) flipped[bit] = flipped[bit]! + ((difference >>> bit) & 1)
    }
    for (const count of flipped) worst = Math.max(worst, Math.abs(count - trials / 2) / Math.sqrt(trials / 4))
  }
  return worst
}
const everyBit = Array.from({ length: 32 }, (_, bit) => 1 << bit)
/** Of 1,024 normal draws the largest is hardly ever beyond 5; a fault of the mixer shows as dozens. */
const avalancheBound = 6

describe('mix', () => {
  test('gives the golden words', () => {
    expect([0, 1, 2, -1, 0x7fffffff].map((word) => mix(word))).toMatchInlineSnapshot(`
      [
        0,
        1753845952,
        -787275391,
        1734902346,
        -1926627400,
      ]
    `)
  })

  test('gives different words for different words', () => {
    const seen = new Set<number>()
    for (let i = 0; i < samples; i++) seen.add(mix(i))
    expect(seen.size).toBe(samples)
  })

  test('flips each bit half of the time for each bit of its argument', () => {
    expect(worstAvalanche(20_000, everyBit, (trial, flip) => mix((trial * 0x9e3779b1) ^ flip))).toBeLessThan(avalancheBound)
  })

  test('balances its bits over successive numbers', () => {
    for (let bit = 0; bit < 32; bit++) {
      let ones = 0
      for (let i = 0; i < samples; i++) ones += (mix(i) >>> bit) & 1
      expect(Math.abs(ones - samples / 2) / Math.sqrt(samples / 4)).toBeLessThan(4.5)
    }
  })
})

describe('fold', () => {
  test('is a signed 32-bit integer, and differs when a word does', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.integer(), (hash, a, b) => {
        const folded = fold(hash, a)
        expect(folded).toBe(folded | 0)
        if (a !== b) expect(fold(hash, b)).not.toBe(folded)
      }),
      { seed: 1 },
    )
  })

  test('depends on the order of words', () => {
    let equal = 0
    for (let i = 0; i < samples; i++) if (fold(fold(0, i), i + 1) === fold(fold(0, i + 1), i)) equal++
    expect(equal).toBeLessThan(3)
  })

  test('gives the golden hash of a few words', () => {
    expect([1, 2, 3, -4].reduce(fold, 0)).toMatchInlineSnapshot(`-1054527034`)
  })
})

describe('hashString', () => {
  test('gives the golden hashes', () => {
    expect(['', 'a', 'net.drop', 'replica-1>replica-2', 'ä€'].map(hashString)).toMatchInlineSnapshot(`
      [
        1947474976,
        1817065451,
        -1085320942,
        825965339,
        1769232488,
      ]
    `)
  })

  test('collides no more often than chance does', () => {
    const seen = new Set<number>()
    const labels = 60_000
    for (let i = 0; i < labels; i++) seen.add(hashString(`host-${i % 245}>host-${Math.floor(i / 245)} store.put`))
    // Chance gives 0.4 collisions.
    expect(labels - seen.size).toBeLessThan(4)
  })
})

describe('deriveKey', () => {
  const text = ({ high, low }: Key) => `${high} ${low}`

  test('gives the golden keys', () => {
    expect([deriveKey(key, 'net.drop'), deriveKey(key, 7), deriveKey(deriveKey(key, 'workload'), 0)]).toMatchInlineSnapshot(`
      [
        {
          "high": 40864882,
          "low": 800550268,
        },
        {
          "high": -1513648271,
          "low": 346206633,
        },
        {
          "high": -380897376,
          "low": -1189563557,
        },
      ]
    `)
  })

  test('gives each of many labels a key of its own', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 50_000; i++) {
      seen.add(text(deriveKey(key, i)))
      seen.add(text(deriveKey(key, String(i))))
    }
    expect(seen.size).toBe(100_000)
  })

  test('depends on every part of the path', () => {
    const paths = [
      ['a', 'b'],
      ['b', 'a'],
      ['ab', ''],
      ['', 'ab'],
      ['a', ''],
      ['', 'a'],
      ['', ''],
    ].map(([first, second]) => text(deriveKey(deriveKey(key, first!), second!)))
    expect(new Set(paths).size).toBe(paths.length)
  })

  test('tells labels apart in both halves of the key', () => {
    // Two labels with one 32-bit hash: a key whose halves came from that hash alone would be shared.
    const byHash = new Map<number, string>()
    let pair: [string, string] | undefined
    for (let i = 0; pair === undefined; i++) {
      const label = `site ${mix(i)}`
      const other = byHash.get(hashString(label))
      if (other) pair = [other, label]
      byHash.set(hashString(label), label)
    }
    expect(deriveKey(key, pair[0]).low).not.toBe(deriveKey(key, pair[1]).low)
  })
})

describe('dice', () => {
  test('give the golden numbers', () => {
    expect([0, 1, 2, 2 ** 32, 2 ** 40 + 1].map((ordinal) => dice(key, ordinal))).toMatchInlineSnapshot(`
      [
        2265876838,
        3234755276,
        2689897279,
        65849626,
        1907027461,
      ]
    `)
  })

  test('are unsigned 32-bit integers', () => {
    for (let i = 0; i < 1_000; i++) {
      const die = dice(key, i)
      expect(die).toBe(die >>> 0)
    }
  })

  test('flip each bit half of the time for each bit of the ordinal and of the key', () => {
    expect(worstAvalanche(20_000, everyBit.slice(0, 31), (trial, flip) => dice(key, trial ^ flip))).toBeLessThan(avalancheBound)
    expect(worstAvalanche(20_000, everyBit, (trial, flip) => dice({ high: key.high ^ flip, low: key.low }, trial))).toBeLessThan(avalancheBound)
    expect(worstAvalanche(20_000, everyBit, (trial, flip) => dice({ high: key.high, low: key.low ^ flip }, trial))).toBeLessThan(avalancheBound)
  })

  test('go on beyond 2^32 with other numbers', () => {
    const low = Array.from({ length: 1_000 }, (_, i) => dice(key, i))
    const high = Array.from({ length: 1_000 }, (_, i) => dice(key, i + 2 ** 32))
    expect(low.filter((die, i) => die === high[i])).toEqual([])
    expect(Math.abs(correlationDeviations(low, high))).toBeLessThan(4)
  })

  test.each([2, 3, 6, 10, 100, 1_000, 1_024])('below %i are uniform by chi-square', (below) => {
    for (const label of ['net.drop', 'net.delay', 'disk.slow']) {
      const stream = deriveKey(key, label)
      expect(Math.abs(deviationsFromUniform(countInto(below, samples, (i) => diceBelow(stream, i, below))))).toBeLessThan(4.5)
    }
  })

  test('below 2^32 cover the whole range, and never reach the bound', () => {
    let most = 0
    for (let i = 0; i < samples; i++) most = Math.max(most, diceBelow(key, i, 2 ** 32))
    expect(most).toBeLessThan(2 ** 32)
    expect(most).toBeGreaterThan(2 ** 32 - 2 ** 17)
    expect(diceBelow(key, 5, 1)).toBe(0)
  })

  test('of successive ordinals are independent, in pairs', () => {
    expect(Math.abs(deviationsFromUniform(countInto(256, samples, (i) => diceBelow(key, 2 * i, 16) * 16 + diceBelow(key, 2 * i + 1, 16))))).toBeLessThan(4.5)
  })

  test('of neighbouring labels are independent', () => {
    for (let label = 0; label < 50; label++) {
      const a = deriveKey(key, label)
      const b = deriveKey(key, label + 1)
      expect(Math.abs(deviationsFromUniform(countInto(64, 20_000, (i) => diceBelow(a, i, 8) * 8 + diceBelow(b, i, 8))))).toBeLessThan(5)
    }
  })

  test('of the first ordinal are uniform over labels and over runs', () => {
    expect(Math.abs(deviationsFromUniform(countInto(100, samples, (i) => diceBelow(deriveKey(key, i), 0, 100))))).toBeLessThan(4.5)
    expect(Math.abs(deviationsFromUniform(countInto(100, samples, (i) => diceBelow(deriveKey({ high: i, low: 0 }, 'net.drop'), 0, 100))))).toBeLessThan(4.5)
    expect(Math.abs(deviationsFromUniform(countInto(100, samples, (i) => diceBelow(deriveKey({ high: 0, low: i }, 'net.drop'), 0, 100))))).toBeLessThan(4.5)
  })

  test('differ in half of their bits between keys', () => {
    const pairs = 20_000
    const counts = countInto(33, pairs, (i) => bitCount(dice(deriveKey(key, i), 3) ^ dice(deriveKey(key, i + 1), 3)))
    const mean = counts.reduce((sum, count, bits) => sum + count * bits, 0) / pairs
    expect(Math.abs(mean - 16) / Math.sqrt(8 / pairs)).toBeLessThan(4.5)
  })
})

describe('the yardstick', () => {
  test('finds a bias of a fiftieth', () => {
    const biased = countInto(10, samples, (i) => (i % 50 === 0 ? 0 : diceBelow(key, i, 10)))
    expect(deviationsFromUniform(biased)).toBeGreaterThan(10)
    expect(Math.abs(chiSquareDeviations(9, 9))).toBeLessThan(1)
  })
})
