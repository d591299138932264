/**
 * CRC-32C (Castagnoli, reflected polynomial 0x82f63b78; RFC 3720, appendix B.4) of `bytes[start, end)`, an unsigned 32-bit number.
 * `seed` is the checksum of what came before, so that a checksum can be computed in parts.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  let crc = ~seed
  let at = start
  for (const last = end - 8; at <= last; at += 8) {
    crc ^= at32(bytes, at)
    crc =
      word(7, crc & 0xff) ^
      word(6, (crc >>> 8) & 0xff) ^
      word(5, (crc >>> 16) & 0xff) ^
      word(4, crc >>> 24) ^
      word(3, bytes[at + 4] as number) ^
      word(2, bytes[at + 5] as number) ^
      word(1, bytes[at + 6] as number) ^
      word(0, bytes[at + 7] as number)
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ word(0, (crc ^ (bytes[at] as number)) & 0xff)
  return ~crc >>> 0
}

/** Slicing-by-8 (Kounavis and Berry, 2005): row k holds the remainders of a byte followed by k zero bytes. */
const table = buildTable()

function buildTable(): Int32Array {
  const rows = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    rows[byte] = crc
  }
  for (let i = 256; i < rows.length; i++) {
    const shorter = rows[i - 256] as number
    rows[i] = (shorter >>> 8) ^ (rows[shorter & 0xff] as number)
  }
  return rows
}

function word(row: number, byte: number): number {
  return table[(row << 8) | byte] as number
}

function at32(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)
}
