import castagnoli from 'crc-32/crc32c.js'

/**
 * CRC-32C (Castagnoli, reflected polynomial 0x82f63b78; RFC 3720, appendix B.4) of `bytes[start, end)`, an unsigned 32-bit number.
 * `seed` is the checksum of what came before, so that a checksum can be computed in parts.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  return castagnoli.buf(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), seed) >>> 0
}
