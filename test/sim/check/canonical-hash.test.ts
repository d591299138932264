import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CanonicalHasher, canonicalHash } from '../../../sim/check/canonical-hash.js'
import { canonicalText } from '../../../sim/check/canonical-text.js'
import { copyPlain } from '../../../sim/check/interner.js'
import { SeenStates } from '../../../sim/check/seen-states.js'

const leaf = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.boolean(), fc.constant(null), fc.bigInt(), fc.uint8Array({ maxLength: 4 }))
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 3 }), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc.array(fc.tuple(fc.string({ maxLength: 3 }), tie('value')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
    fc.array(leaf, { maxLength: 4 }).map((items) => new Set(items)),
  ),
})).value

describe('canonicalHash', () => {
  it('is the same for maps, sets and objects that were filled in another order', () => {
    const pairs = fc.uniqueArray(fc.tuple(fc.string(), plain), { selector: ([key]) => key, maxLength: 6 })
    fc.assert(
      fc.property(pairs, (items) => {
        const backwards = [...items].reverse()
        expect(canonicalHash(new Map(backwards))).toEqual(canonicalHash(new Map(items)))
        expect(canonicalHash(new Set(backwards.map(([key]) => key)))).toEqual(canonicalHash(new Set(items.map(([key]) => key))))
        expect(canonicalHash(Object.fromEntries(backwards))).toEqual(canonicalHash(Object.fromEntries(items)))
      }),
    )
  })

  it('is the same for a deep copy, which shares nothing that can be changed', () => {
    fc.assert(
      fc.property(plain, (value) => {
        const copy = copyPlain(value)
        expect(copy).toEqual(value)
        const hasher = new CanonicalHasher()
        expect(hasher.key(copy)).toBe(hasher.key(value))
        expect(new CanonicalHasher().hash(copy)).toEqual(hasher.hash(value))
      }),
    )
  })

  it.each([
    [1, '1'],
    [0, false],
    [0, null],
    [null, undefined],
    [1, 1n],
    [0.5, 1.5],
    [2 ** 32, 0],
    ['ab', 'ba'],
    [[], {}],
    [
      [1, 2],
      [2, 1],
    ],
    [
      [1, [2]],
      [[1], 2],
    ],
    [[1, 2], new Set([1, 2])],
    [new Map([['a', 1]]), { a: 1 }],
    [
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
      new Map([
        ['a', 2],
        ['b', 1],
      ]),
    ],
    [Uint8Array.of(1, 2), [1, 2]],
    [Uint8Array.of(0), Uint8Array.of(0, 0)],
    [new Set([new Set([1]), new Set([2])]), new Set([new Set([1, 2]), new Set()])],
  ])('tells %o from %o, in both words', (one, other) => {
    const [first, second] = [canonicalHash(one), canonicalHash(other)]
    expect(first.high).not.toBe(second.high)
    expect(first.low).not.toBe(second.low)
  })

  it('takes a property that is undefined for an absent one', () => {
    expect(canonicalHash({ a: 1, b: undefined })).toEqual(canonicalHash({ a: 1 }))
  })

  it('tells many small structures apart', () => {
    const table = new SeenStates()
    const hasher = new CanonicalHasher()
    const add = (value: unknown) => {
      const { high, low } = hasher.hash(value)
      table.add(high | 0, low | 0, 0)
    }
    for (let a = 0; a < 60; a++) for (let b = 0; b < 60; b++) for (let c = 0; c < 60; c++) add([a, b, c])
    expect(table.size).toBe(216_000)
  })

  it('tells a number from every value of another sort, whatever the number: 5 once was true, 7 once null', () => {
    const others = [true, false, null, undefined, '', [], {}, new Map(), new Set(), new Uint8Array(0), 0n]
    const hashes = new Set(others.map((value) => new CanonicalHasher().key(value)))
    expect(hashes.size).toBe(others.length)
    for (let number = -5_000; number < 5_000; number++) hashes.add(new CanonicalHasher().key(number))
    expect(hashes.size).toBe(others.length + 10_000)
  })

  it('agrees with the canonical text: equal texts have equal hashes, and others others', () => {
    fc.assert(
      fc.property(plain, plain, (one, other) => {
        const isOne = canonicalText(one) === canonicalText(other)
        expect(new CanonicalHasher().key(one) === new CanonicalHasher().key(other)).toBe(isOne)
        expect(canonicalText(copyPlain(one))).toBe(canonicalText(one))
      }),
    )
  })

  it('refuses what has no structure to compare', () => {
    class Point {}
    for (const value of [() => 1, Symbol('s'), new Point(), new Float64Array(1)]) expect(() => canonicalHash([value])).toThrow('canonical hash')
  })
})
