import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Histogram } from '../../../../sim/run/campaign/histogram.js'

const value = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
)

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram()
  for (const each of values) histogram.add(each)
  return histogram
}

const quantileOf = (values: readonly number[], perMille: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * perMille) / 1_000))]!
}

describe('A histogram', () => {
  test('knows the quantiles of small integers exactly, zeros that are counted in among them', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -255, max: 255 }), { minLength: 1 }), fc.nat(20), fc.nat(1_000), (values, zeros, perMille) => {
        const all = [...values, ...new Array<number>(zeros).fill(0)]
        expect(histogramOf(values).quantile(perMille, zeros)).toBe(quantileOf(all, perMille))
      }),
    )
  })

  test('knows any quantile within 1 in 128', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), fc.nat(1_000), (values, perMille) => {
        const exact = quantileOf(values, perMille)
        expect(Math.abs(histogramOf(values).quantile(perMille) - exact)).toBeLessThanOrEqual(Math.abs(exact) / 128 + 1e-9)
      }),
    )
  })

  test('is the same whatever the order and wherever it was cut, through JSON too', () => {
    fc.assert(
      fc.property(fc.array(value), fc.array(value), (first, second) => {
        const whole = histogramOf([...first, ...second])
        const merged = Histogram.from(JSON.parse(JSON.stringify(histogramOf(second))))
        merged.merge(Histogram.from(JSON.parse(JSON.stringify(histogramOf([...first].reverse())))))
        expect(JSON.stringify(merged)).toBe(JSON.stringify(whole))
        expect(JSON.stringify(Histogram.from(JSON.parse(JSON.stringify(whole))))).toBe(JSON.stringify(whole))
      }),
    )
  })

  test('keeps least, greatest, count and total exactly', () => {
    const histogram = histogramOf([0.1, 0.2, 1_000_001, -7])
    expect([histogram.count, histogram.least, histogram.greatest, histogram.total]).toEqual([4, -7, 1_000_001, 999_994.3])
    expect(histogramOf([Number.MAX_SAFE_INTEGER, 2]).toJSON().thousandths).toBe('9007199254740993000')
  })

  test('holds a bounded number of buckets', () => {
    const histogram = new Histogram()
    for (let i = 0; i < 100_000; i++) histogram.add(1_000_000 + i)
    expect(histogram.buckets().length).toBeLessThan(20)
    expect(histogram.buckets().reduce((sum, { times }) => sum + times, 0)).toBe(100_000)
  })

  test('refuses what is no number', () => {
    expect(() => new Histogram().add(Number.NaN)).toThrow('finite numbers')
  })

  test('of nothing has quantiles of 0', () => {
    expect([new Histogram().quantile(500), new Histogram().quantile(500, 3)]).toEqual([0, 0])
  })
})
