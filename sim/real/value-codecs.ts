/** Compression that Node.js brings along, for stores that take a codec of values: both directions at once, in the caller's thread. */
import zlib from 'node:zlib'
import { Misuse } from '../host/errors.js'

export interface Codec {
  /** Kept beside what it compressed. */
  readonly name: string
  compress(bytes: Uint8Array): Uint8Array
  decompress(bytes: Uint8Array): Uint8Array
}

/** Raw deflate (RFC 1951): on every Node.js. `level`: from 1, fast, to 9, small. */
export function deflateCodec({ level = 3 }: { readonly level?: number } = {}): Codec {
  if (!Number.isInteger(level) || level < 1 || level > 9) throw new Misuse(`deflateCodec({ level }) is an integer from 1 to 9, not ${level}`)
  return {
    name: 'deflate',
    compress: (bytes) => zlib.deflateRawSync(bytes, { level }),
    decompress: (bytes) => zlib.inflateRawSync(bytes),
  }
}

type Zstd = { zstdCompressSync?(bytes: Uint8Array): Uint8Array; zstdDecompressSync?(bytes: Uint8Array): Uint8Array }

/** Zstandard (RFC 8878), where this Node.js has it: 22.15 and later, 23.8 and later. Throws `Misuse` elsewhere. */
export function zstdCodec(): Codec {
  const { zstdCompressSync: compress, zstdDecompressSync: decompress } = zlib as Zstd
  if (compress === undefined || decompress === undefined)
    throw new Misuse(`zstdCodec() needs Node.js 22.15 or later, and this is ${process.versions.node}: deflateCodec() runs everywhere`)
  return { name: 'zstd', compress: (bytes) => compress(bytes), decompress: (bytes) => decompress(bytes) }
}
