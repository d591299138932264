/** Unsigned integers of variable length: seven bits a byte, least significant first, the high bit set on all but the last. Up to 2^53 - 1. */

export function varintSize(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  let size = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
  return size
}

/** Writes at `at`; answers the position after it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value
  let position = at
  while (rest >= 0x80) {
    bytes[position++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  bytes[position++] = rest
  return position
}

/** A place in bytes that moves on as varints are read from it; `isBroken` once they ended too early or were too long. */
export class VarintReader {
  isBroken = false

  constructor(
    public bytes: Uint8Array,
    public position: number,
    public end: number,
  ) {}

  next(): number {
    const { bytes, end } = this
    let at = this.position
    // Most take one byte or two.
    if (at + 1 < end) {
      const first = bytes[at] as number
      if (first < 0x80) {
        this.position = at + 1
        return first
      }
      const second = bytes[at + 1] as number
      if (second < 0x80) {
        this.position = at + 2
        return (first & 0x7f) | (second << 7)
      }
    }
    let value = 0
    let scale = 1
    for (let size = 0; size < 8 && at < end; size++) {
      const byte = bytes[at++] as number
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        this.position = at
        return value
      }
      scale *= 0x80
    }
    this.isBroken = true
    this.position = end
    return 0
  }

  /** An integer that may be negative, as `zigzag` writes it. */
  nextSigned(): number {
    const value = this.next()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  take(length: number): Uint8Array {
    const start = this.position
    if (start + length > this.end) {
      this.isBroken = true
      this.position = this.end
      return this.bytes.subarray(this.end, this.end)
    }
    this.position = start + length
    return this.bytes.subarray(start, start + length)
  }
}

export function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1
}
