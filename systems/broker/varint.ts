/**
 * Zigzag variable-length integers as Kafka's records use them (Protocol Buffers' sint32 and sint64): seven bits a byte, least significant first,
 * the high bit set on all but the last. Values are integers up to 2^52 in magnitude, which offsets, lengths and milliseconds never leave.
 */

/** Bytes that `writeVarint` takes for this value. */
export function varintSize(value: number): number {
  let zigzag = zigzagOf(value)
  let size = 1
  while (zigzag >= 0x80) {
    zigzag = Math.floor(zigzag / 0x80)
    size++
  }
  return size
}

/** Writes at `at`; answers the position after it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let zigzag = zigzagOf(value)
  let position = at
  while (zigzag >= 0x80) {
    bytes[position++] = (zigzag % 0x80) | 0x80
    zigzag = Math.floor(zigzag / 0x80)
  }
  bytes[position++] = zigzag
  return position
}

/** Reads varints one after another from `bytes[position, end)`. */
export class VarintReader {
  constructor(
    readonly bytes: Uint8Array,
    public position: number,
    readonly end: number,
  ) {}

  /** null: the bytes end inside it, or it is longer than 2^52 needs. */
  next(): number | null {
    let zigzag = 0
    let scale = 1
    for (let size = 0; size < 8; size++) {
      if (this.position >= this.end) return null
      const byte = this.bytes[this.position++] as number
      zigzag += (byte & 0x7f) * scale
      if (byte < 0x80) return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
      scale *= 0x80
    }
    return null
  }
}

function zigzagOf(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1
}
