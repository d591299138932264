import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Misuse } from '../../../sim/index.js'
import { Bottleneck } from '../../../sim/net/bandwidth.js'
import { corruptValue, flipBits } from '../../../sim/net/corruption.js'
import { ValueTransfer } from '../../../sim/net/values.js'

const die = fc.integer({ min: 1, max: 0x7fff_ffff })
const bitsApart = (a: Uint8Array, b: Uint8Array) => a.reduce((sum, byte, i) => sum + (byte ^ b[i]!).toString(2).replaceAll('0', '').length, 0)

describe('flipping bits', () => {
  test('alters one to three bits of a copy, and leaves the original alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), die, (bytes, word) => {
        const before = bytes.slice()
        const flipped = flipBits(bytes, word)
        expect(bytes).toEqual(before)
        expect(flipped).toHaveLength(bytes.length)
        expect(bitsApart(bytes, flipped)).toBeGreaterThanOrEqual(1)
        expect(bitsApart(bytes, flipped)).toBeLessThanOrEqual(3)
      }),
    )
  })

  test('says the same by the same die', () => {
    fc.assert(
      fc.property(fc.uint8Array(), die, (bytes, word) => {
        expect(flipBits(bytes, word)).toEqual(flipBits(bytes, word))
      }),
    )
  })
})

describe('corrupting a plain value', () => {
  const leaf = fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true }),
    fc.string({ minLength: 1 }),
    fc.boolean(),
    fc.uint8Array({ minLength: 1, maxLength: 20 }),
    fc.bigInt(),
  )
  const value = fc.dictionary(
    fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
    fc.oneof(leaf, fc.array(leaf, { maxLength: 4 }), fc.dictionary(fc.constantFrom('a', 'b', 'c'), leaf)),
    { minKeys: 1, maxKeys: 5 },
  )
  const wordOf = (plain: unknown) => {
    const transfer = new ValueTransfer()
    transfer.take(structuredClone(plain))
    return transfer.word
  }
  /** Keys, lengths and types, without contents. */
  const shapeOf = (plain: unknown): unknown => {
    if (plain instanceof Uint8Array) return `${plain.length} bytes`
    if (Array.isArray(plain)) return plain.map(shapeOf)
    if (typeof plain === 'object' && plain !== null) return Object.fromEntries(Object.entries(plain).map(([key, item]) => [key, shapeOf(item)]))
    return typeof plain === 'string' ? `text of ${plain.length}` : typeof plain
  }

  test('keeps its shape, and a checksum over it notices', () => {
    fc.assert(
      fc.property(value, die, (plain, word) => {
        const before = structuredClone(plain)
        const altered = corruptValue(plain, word)
        expect(plain).toEqual(before)
        const hasLeaf = Object.values(plain).some((item) => shapeOf(item) !== undefined && !(typeof item === 'object' && Object.keys(item).length === 0))
        if (!hasLeaf) return
        expect(shapeOf(altered)).toEqual(shapeOf(plain))
        expect(wordOf(altered)).not.toBe(wordOf(plain))
      }),
    )
  })

  test('reaches every leaf', () => {
    const seen = new Set<string>()
    for (let word = 1; word < 400; word++) {
      const altered = corruptValue({ a: 1, b: ['x', 2n], c: { d: Uint8Array.of(1), e: new Map([['k', 5]]) } }, word) as Record<string, unknown>
      seen.add(JSON.stringify(altered, (_, item) => (item instanceof Map ? [...item] : typeof item === 'bigint' ? `${item}` : item)))
    }
    expect(seen.size).toBeGreaterThan(40)
  })

  test('leaves alone what has nothing to alter', () => {
    for (const empty of [null, undefined, {}, [], '', new Uint8Array()]) expect(corruptValue(empty, 7)).toBe(empty)
  })
})

describe('a bottleneck', () => {
  test('passes what it can carry, and drops only when its queue is full', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 5_000 }), gap: fc.integer({ min: 0, max: 20_000_000 }) }), { maxLength: 60 }),
        (packets) => {
          const bottleneck = new Bottleneck({ bytesPerSecond: 1_000_000, queueBytes: 10_000 })
          let now = 0
          let freeAt = 0
          for (const { bytes, gap } of packets) {
            now += gap
            const queued = Math.max(0, freeAt - now) / 1_000
            const takes = bottleneck.pass(bytes, now)
            if (queued > 0 && queued + bytes > 10_000) expect(takes).toBe(null)
            else {
              expect(takes).toBe(Math.max(0, freeAt - now) + bytes * 1_000)
              freeAt = now + takes!
            }
          }
        },
      ),
    )
  })

  test('asks for a rate and a queue', () => {
    expect(() => new Bottleneck({ bytesPerSecond: 0, queueBytes: 5 })).toThrow(Misuse)
    expect(() => new Bottleneck({ bytesPerSecond: 5, queueBytes: Number.NaN })).toThrow(Misuse)
  })
})
