import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32c } from '../../../systems/raft/crc32c.js'

test.each([
  ['the check value of nine digits', new TextEncoder().encode('123456789'), 0xe3069283],
  ['RFC 3720: 32 zero bytes', new Uint8Array(32), 0x8a9136aa],
  ['RFC 3720: 32 one bytes', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['RFC 3720: 32 rising bytes', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ['RFC 3720: 32 falling bytes', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ['no bytes', new Uint8Array(0), 0],
])('crc32c of %s is the published value', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected)
})

test('a checksum computed in parts equals that of the whole', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
      const middle = Math.min(cut, bytes.length)
      expect(crc32c(bytes, middle, bytes.length, crc32c(bytes, 0, middle))).toBe(crc32c(bytes))
    }),
  )
})
