import zlib from 'node:zlib'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Codec, deflateCodec, zstdCodec } from '../../../sim/real/index.js'

const hasZstd = 'zstdCompressSync' in zlib

const givesBack = ({ compress, decompress }: Codec) =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
      expect([...decompress(compress(bytes))]).toEqual([...bytes])
    }),
    { numRuns: 30 },
  )

test('what deflate compressed it gives back, and what repeats itself gets shorter', () => {
  givesBack(deflateCodec())
  expect(deflateCodec({ level: 9 }).compress(new Uint8Array(10_000)).length).toBeLessThan(100)
  expect(() => deflateCodec({ level: 10 })).toThrow('deflateCodec({ level }) is an integer from 1 to 9, not 10')
})

test('zstd is there where Node.js has it, and says so where it has not', () => {
  if (hasZstd) givesBack(zstdCodec())
  else expect(() => zstdCodec()).toThrow(/needs Node\.js 22\.15 or later/)
})
