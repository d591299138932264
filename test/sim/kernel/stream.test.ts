import { describe, expect, test } from 'vitest'
import { Misuse } from '../../../sim/host/errors.js'
import { deriveKey, type Key } from '../../../sim/kernel/mix.js'
import { rootKey } from '../../../sim/kernel/root-key.js'
import { Stream } from '../../../sim/kernel/stream.js'
import { correlationDeviations, countInto, deviationsFromUniform } from './statistics.js'

const key: Key = { high: 0x13198a2e, low: 0x03707344 }
const samples = 200_000
const many = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw)

describe('a stream', () => {
  test('gives the golden numbers', () => {
    const stream = new Stream(key)
    expect(many(6, () => stream.u32())).toMatchInlineSnapshot(`
      [
        2944705501,
        3782644442,
        3960233940,
        4293704091,
        321598416,
        2583454624,
      ]
    `)
  })

  test('of a seed and a path gives the golden numbers', () => {
    const stream = Stream.of(deriveKey(rootKey('42'), 'process'), 'replica-1')
    expect([stream.int(100), stream.float(), stream.pick(['a', 'b', 'c']), stream.shuffle([1, 2, 3, 4, 5])]).toMatchInlineSnapshot(`
      [
        78,
        0.46449229773133993,
        "a",
        [
          1,
          4,
          2,
          5,
          3,
        ],
      ]
    `)
  })

  test('is the same for the same key', () => {
    const [a, b] = [new Stream(key), new Stream({ ...key })]
    expect(many(100, () => a.u32())).toEqual(many(100, () => b.u32()))
  })

  test('balances every bit', () => {
    const stream = new Stream(key)
    const ones = new Array<number>(32).fill(0)
    for (let i = 0; i < samples; i++) {
      const word = stream.u32()
      for (let bit = 0; bit < 32; bit++) ones[bit] = ones[bit]! + ((word >>> bit) & 1)
    }
    for (const count of ones) expect(Math.abs(count - samples / 2) / Math.sqrt(samples / 4)).toBeLessThan(4.5)
  })

  test.each([2, 3, 7, 100, 1_000])('int(%i) is uniform, alone and in pairs', (below) => {
    const stream = Stream.of(key, below)
    expect(Math.abs(deviationsFromUniform(countInto(below, samples, () => stream.int(below))))).toBeLessThan(4.5)
    const cells = Math.min(below, 20)
    expect(Math.abs(deviationsFromUniform(countInto(cells * cells, samples, () => stream.int(cells) * cells + stream.int(cells))))).toBeLessThan(4.5)
  })

  test('int takes every legal bound and refuses others', () => {
    const stream = new Stream(key)
    expect(stream.int(1)).toBe(0)
    for (let i = 0; i < 1_000; i++) expect(stream.int(2 ** 32)).toBeLessThan(2 ** 32)
    for (const below of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => stream.int(below)).toThrow(Misuse)
  })

  test('float lies in [0, 1) and fills it evenly', () => {
    const stream = new Stream(key)
    const counts = countInto(50, samples, () => {
      const drawn = stream.float()
      return drawn >= 0 && drawn < 1 ? Math.floor(drawn * 50) : 50
    })
    expect(counts).toHaveLength(50)
    expect(Math.abs(deviationsFromUniform(counts))).toBeLessThan(4.5)
  })

  test('chance keeps its odds', () => {
    const stream = new Stream(key)
    const hits = many(samples, () => stream.chance({ in: 3, of: 50 })).filter(Boolean).length
    expect(Math.abs(hits - samples * 0.06) / Math.sqrt(samples * 0.06 * 0.94)).toBeLessThan(4.5)
    expect(many(100, () => stream.chance({ in: 0, of: 5 }))).not.toContain(true)
    expect(many(100, () => stream.chance({ in: 5, of: 5 }))).not.toContain(false)
  })

  test('shuffle gives each order equally often and leaves its argument', () => {
    const stream = new Stream(key)
    const items = [0, 1, 2, 3]
    const orders = new Map<string, number>()
    for (let i = 0; i < 48_000; i++) {
      const order = stream.shuffle(items).join('')
      orders.set(order, (orders.get(order) ?? 0) + 1)
    }
    expect(orders.size).toBe(24)
    expect(Math.abs(deviationsFromUniform([...orders.values()]))).toBeLessThan(4.5)
    expect(items).toEqual([0, 1, 2, 3])
  })

  test('pick takes each item equally often, and refuses an empty list', () => {
    const stream = new Stream(key)
    const items = [0, 1, 2, 3, 4] as const
    expect(Math.abs(deviationsFromUniform(countInto(5, samples, () => stream.pick(items))))).toBeLessThan(4.5)
    expect(() => stream.pick([])).toThrow(Misuse)
  })
})

describe('streams of neighbouring keys', () => {
  const draws = 5_000

  test.each<[string, (i: number) => Key]>([
    ['numbers as labels', (i) => deriveKey(key, i)],
    ['names as labels', (i) => deriveKey(key, `replica-${i}`)],
    ['successive halves', (i) => ({ high: 1, low: i })],
    ['successive other halves', (i) => ({ high: i, low: 1 })],
  ])('are uncorrelated: %s', (_name, keyOf) => {
    let previous: number[] | undefined
    for (let i = 0; i < 40; i++) {
      const stream = new Stream(keyOf(i))
      const drawn = many(draws, () => stream.float())
      if (previous) {
        expect(Math.abs(correlationDeviations(previous, drawn))).toBeLessThan(4.5)
        expect(Math.abs(correlationDeviations(previous.slice(1), drawn.slice(0, -1)))).toBeLessThan(4.5)
      }
      previous = drawn
    }
  })

  test('begin evenly: the first draw over many keys is uniform', () => {
    for (const keyOf of [(i: number) => deriveKey(key, i), (i: number) => ({ high: i, low: 0 }), (i: number) => ({ high: 0, low: i })]) {
      expect(Math.abs(deviationsFromUniform(countInto(64, 100_000, (i) => new Stream(keyOf(i)).int(64))))).toBeLessThan(4.5)
    }
  })

  test('of different seeds are different, repeated patterns too', () => {
    const seeds = Array.from({ length: 5_000 }, (_, i) => String(i)).concat('', 'a', 'aa', 'aaa', 'ab', 'abab', '1 1', '11111')
    expect(new Set(seeds.map((seed) => `${rootKey(seed).high} ${rootKey(seed).low}`)).size).toBe(seeds.length)
  })

  test('of neighbouring seeds begin evenly', () => {
    expect(Math.abs(deviationsFromUniform(countInto(32, 20_000, (i) => Stream.of(rootKey(String(i)), 'workload').int(32))))).toBeLessThan(4.5)
  })
})
