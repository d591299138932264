import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Misuse } from '../../../sim/host/errors.js'
import { ValueTransfer } from '../../../sim/net/values.js'

const take = (value: unknown) => new ValueTransfer().take(value)
function wordOf(value: unknown): number {
  const values = new ValueTransfer()
  values.take(value)
  return values.word
}

describe('values between hosts', () => {
  test('plain data is frozen in place, all the way down', () => {
    const value = { a: [1, { b: 'x' }], c: null }
    expect(take(value)).toBe(value)
    expect(Object.isFrozen(value) && Object.isFrozen(value.a) && Object.isFrozen(value.a[1])).toBe(true)
    expect(() => {
      value.a.push(2)
    }).toThrow(TypeError)
  })

  test('bytes, maps and sets are copied, with what holds them', () => {
    const bytes = new Uint8Array([1, 2, 3])
    const map = new Map([['k', bytes]])
    const sent = { bytes, map, set: new Set([1]), rest: { n: 1 } }
    const taken = take(sent) as typeof sent
    bytes[0] = 9
    map.set('k', new Uint8Array())
    sent.set.add(2)
    expect(taken).toEqual({ bytes: new Uint8Array([1, 2, 3]), map: new Map([['k', new Uint8Array([1, 2, 3])]]), set: new Set([1]), rest: { n: 1 } })
    expect(taken.bytes).toBeInstanceOf(Uint8Array)
    expect(taken.rest).toBe(sent.rest)
  })

  test('the receiver writing into its bytes touches nobody else', () => {
    const values = new ValueTransfer()
    const first = values.take(new Uint8Array([1, 2])) as Uint8Array
    const second = values.take(new Uint8Array([3, 4])) as Uint8Array
    first.fill(9)
    expect([...second]).toEqual([3, 4])
    expect(first).toHaveLength(2)
  })

  test('functions, class instances and cycles are refused with the reason', () => {
    class Account {}
    const cycle: { self?: unknown } = {}
    cycle.self = cycle
    expect(() => take(() => 1)).toThrow('a function cannot be sent between hosts')
    expect(() => take({ a: new Account() })).toThrow('an object of class Account cannot be sent between hosts')
    expect(() => take(new Date(0))).toThrow(Misuse)
    expect(() => take(Promise.resolve())).toThrow(Misuse)
    expect(() => take(cycle)).toThrow('in a cycle')
    expect(() => take(Symbol('s'))).toThrow(Misuse)
  })

  const plain = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.integer(),
      fc.double(),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.constant(undefined),
      fc.bigInt(),
      fc.uint8Array(),
      fc.array(tie('value')),
      fc.dictionary(fc.string(), tie('value')),
    ),
  })).value

  test('what arrives equals what was sent, and equal values hash equally', () => {
    fc.assert(
      fc.property(plain, (value) => {
        const before = structuredClone(value)
        const word = wordOf(before)
        expect(take(value)).toEqual(before)
        expect(wordOf(value)).toBe(word)
      }),
      { numRuns: 500, seed: 1 },
    )
  })

  test('different values hash differently, but for one in 2^32', () => {
    const seen = new Map<number, unknown>()
    const values: unknown[] = [
      null,
      undefined,
      true,
      false,
      '',
      0,
      -1,
      0.5,
      Number.NaN,
      [],
      {},
      [null],
      [[]],
      ['a'],
      { a: 1 },
      { a: '1' },
      { b: 1 },
      1n,
      new Uint8Array(),
      new Uint8Array(1),
    ]
    for (let i = 0; i < 2_000; i++) values.push(i + 1, `${i}`, { id: i }, [i, i], i + 0.25)
    for (const value of values) {
      expect([seen.get(wordOf(value)), value]).toEqual([undefined, value])
      seen.set(wordOf(value), value)
    }
  })

  test('each flipped bit of a payload changes the hash', () => {
    const bytes = Uint8Array.from({ length: 37 }, (_, i) => i * 7)
    const seen = new Set([wordOf(bytes)])
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice()
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      seen.add(wordOf(flipped))
    }
    expect(seen.size).toBe(1 + 37 * 8)
    expect(wordOf('payload')).not.toBe(wordOf('paYload'))
  })
})
