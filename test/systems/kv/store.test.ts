import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BatchOperation } from '../../../systems/kv/batch.js'
import { changesOf } from '../../../systems/kv/batch.js'
import { compareBytes } from '../../../systems/kv/bytes.js'
import type { GivenOptions } from '../../../systems/kv/options.js'
import { bytes, del, put, StoreInHand, small, text } from './store-in-hand.js'

describe('A store', () => {
  test('answers what was written, before and after a crash and a power loss', async () => {
    await using hand = await StoreInHand.start()
    await hand.write([put('a', '1'), put('b', '2')])
    await hand.write([put('b', '3'), del('a')])
    expect(await hand.all()).toEqual({ b: '3' })
    await hand.crash()
    expect(await hand.all()).toEqual({ b: '3' })
    await hand.powerLoss()
    expect(await hand.all()).toEqual({ b: '3' })
  })

  test('finds the entry at or below a key', async () => {
    await using hand = await StoreInHand.start()
    await hand.write(Array.from({ length: 200 }, (_, i) => put(`k${String(i * 2).padStart(4, '0')}`, String(i))))
    const floor = (key: string) => hand.on(async (partition) => (await partition.floor(bytes(key)))?.value)
    expect(text((await floor('k0101'))!)).toBe('50')
    expect(text((await floor('k0100'))!)).toBe('50')
    expect(text((await floor('z'))!)).toBe('199')
    expect(await floor('a')).toBeUndefined()
  })

  test('loses nothing below a cut, however full its pages are', async () => {
    await using hand = await StoreInHand.start({ ...small, pageBytes: 4_096 })
    const keys = Array.from({ length: 90 }, (_, i) => `k${String(i).padStart(3, '0')}`)
    for (const key of keys) {
      await hand.write([put(key, 'v'.repeat(90))])
      await hand.write([{ kind: 'truncate', from: bytes(`${key}-`) }])
    }
    expect(Object.keys(await hand.all())).toEqual(keys)
  })

  const layouts: readonly GivenOptions[] = [
    { ...small, layout: 'append', deferredBytes: 32_768 },
    { ...small, layout: 'reuse' },
    { ...small, layout: 'reuse', deferredBytes: 0 },
  ]
  test.each(layouts)('is the same as a sorted map whatever is done to it ($layout, $deferredBytes)', async (options) => {
    // Few keys of every kind: shared prefixes, high bytes, one within the other.
    const key = fc
      .array(fc.constantFrom(0, 1, 97, 98, 127, 128, 255), { minLength: 1, maxLength: 4 })
      .map((parts) => Uint8Array.from(parts.flatMap((part) => [part, part])))
    const value = fc.tuple(fc.nat(255), fc.oneof(fc.nat(40), fc.nat(3_000), fc.constant(12_000))).map(([fill, length]) => new Uint8Array(length).fill(fill))
    const operation = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), key, value }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('truncate' as const), from: key }) },
    )
    const action = fc.oneof(
      { weight: 12, arbitrary: fc.array(operation, { minLength: 1, maxLength: 30 }) },
      { weight: 1, arbitrary: fc.constant('crash' as const) },
      { weight: 1, arbitrary: fc.constant('powerLoss' as const) },
      { weight: 1, arbitrary: fc.constant('keepUp' as const) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 25 }), key, key, async (actions, from, to) => {
        await using hand = await StoreInHand.start(options)
        let model: [Uint8Array, Uint8Array][] = []
        for (const step of actions) {
          if (step === 'crash') await hand.crash()
          else if (step === 'powerLoss') await hand.powerLoss()
          else if (step === 'keepUp') await hand.ask((store) => store.keepUp())
          else {
            await hand.write(step)
            model = applied(model, step)
          }
        }
        const entries = (options: object) =>
          hand.on(async (partition) => {
            const found: [Uint8Array, Uint8Array][] = []
            for await (const entry of partition.scan(options)) found.push([entry.key, entry.value])
            return found
          })
        expect(await entries({})).toEqual(model)
        expect(await entries({ direction: 'backward' })).toEqual([...model].reverse())
        const range = model.filter(([each]) => compareBytes(each, from) >= 0 && compareBytes(each, to) < 0)
        expect(await entries({ from, to, limit: 5 })).toEqual(range.slice(0, 5))
        const read = await hand.on((partition) => partition.read(from))
        expect(read?.value).toEqual(model.find(([each]) => compareBytes(each, from) === 0)?.[1])
        const floor = await hand.on((partition) => partition.floor(to))
        expect(floor?.key).toEqual(model.findLast(([each]) => compareBytes(each, to) <= 0)?.[0])
      }),
      { numRuns: 6 },
    )
  })
})

function applied(model: readonly [Uint8Array, Uint8Array][], batch: readonly BatchOperation[]): [Uint8Array, Uint8Array][] {
  let next = [...model]
  for (const operation of batch) {
    if (operation.kind === 'truncate') {
      next = next.filter(([key]) => compareBytes(key, operation.from) < 0)
      continue
    }
    next = next.filter(([key]) => compareBytes(key, operation.key) !== 0)
    if (operation.kind === 'put') next.push([operation.key, operation.value])
  }
  return next.sort(([a], [b]) => compareBytes(a, b))
}

test('changes of a batch are one a key, the last one, after what is cut off', () => {
  const { truncateFrom, operations } = changesOf([
    [put('a', '1'), put('z', '1')],
    [{ kind: 'truncate', from: bytes('m') }, put('a', '2'), put('x', '3')],
  ])
  expect(text(truncateFrom!)).toBe('m')
  expect(operations.map((operation) => [text(operation.key), operation.kind])).toEqual([
    ['a', 'put'],
    ['x', 'put'],
  ])
})
