import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VarintReader, varintSize, writeVarint } from '../../../systems/broker/varint.js'

const encoded = (value: number): number[] => {
  const bytes = new Uint8Array(varintSize(value))
  expect(writeVarint(bytes, 0, value)).toBe(bytes.length)
  return [...bytes]
}

test.each<[number, number[]]>([
  [0, [0]],
  [-1, [1]],
  [1, [2]],
  [-2, [3]],
  [63, [0x7e]],
  [-64, [0x7f]],
  [64, [0x80, 0x01]],
  [300, [0xd8, 0x04]],
  [2 ** 31 - 1, [0xfe, 0xff, 0xff, 0xff, 0x0f]],
  [-(2 ** 31), [0xff, 0xff, 0xff, 0xff, 0x0f]],
])('%i is encoded as Protocol Buffers encode an sint', (value, bytes) => {
  expect(encoded(value)).toEqual(bytes)
})

test('any integer up to 2^52 comes back', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), (value) => {
      const reader = new VarintReader(Uint8Array.from(encoded(value)), 0, varintSize(value))
      expect(reader.next()).toBe(value)
      expect(reader.position).toBe(reader.end)
    }),
  )
})

test.each([
  ['nothing', []],
  ['bytes that end inside', [0x80, 0x80]],
  ['more bytes than any value needs', Array.from({ length: 9 }, () => 0x80)],
])('%s is no varint', (_, bytes) => {
  expect(new VarintReader(Uint8Array.from(bytes), 0, bytes.length).next()).toBeNull()
})
