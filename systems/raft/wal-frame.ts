import { crc32c } from './crc32c.js'

/**
 * The framing of the write-ahead log: what makes one record checkable on its own. Little-endian, 20 bytes before the payload:
 *
 * | offset | field | |
 * | --- | --- | --- |
 * | 0 | header checksum | CRC-32C of the 16 bytes that follow |
 * | 4 | payload checksum | CRC-32C |
 * | 8 | length | of the payload in bytes, at least 1; the top bit says that some sector's share of the frame was written as nothing but zeros |
 * | 12 | durable | bytes of this segment that were known to be durable when the frame was written |
 * | 16 | batch end | where the batch that went out in one write and one sync ends |
 *
 * Both checksums start from a word made of segment and offset, so that a frame verifies only where it was written: neither a copy inside a payload nor a
 * misdirected block is taken for a record. `durable` and `batch end` are what tell a torn tail from later damage (`wal-recovery.ts`).
 */
export const frameHeaderBytes = 20
export const sectorBytes = 512

/** The header fields of one frame. The object is reused by `readHeader`. */
export interface FrameHeader {
  length: number
  durable: number
  batchEnd: number
  payloadChecksum: number
  hasBlankSector: boolean
}

export const newFrameHeader = (): FrameHeader => ({ length: 0, durable: 0, batchEnd: 0, payloadChecksum: 0, hasBlankSector: false })

/** Reads the header at `at` of `bytes`, which is `offset` of the segment; false when it is cut off or does not verify. */
export function readHeader(bytes: Uint8Array, at: number, segment: number, offset: number, header: FrameHeader): boolean {
  if (at + frameHeaderBytes > bytes.length) return false
  if (word32(bytes, at) !== crc32c(bytes, at + 4, at + frameHeaderBytes, placeSeed(segment, offset))) return false
  const length = word32(bytes, at + 8)
  header.payloadChecksum = word32(bytes, at + 4)
  header.length = length & 0x7fffffff
  header.hasBlankSector = length >= 0x80000000
  header.durable = word32(bytes, at + 12)
  header.batchEnd = word32(bytes, at + 16)
  return header.length > 0
}

/** Does the payload that follows the header at `at` verify? */
export function payloadIsWhole(bytes: Uint8Array, at: number, segment: number, offset: number, header: FrameHeader): boolean {
  const start = at + frameHeaderBytes
  const end = start + header.length
  return end <= bytes.length && header.payloadChecksum === crc32c(bytes, start, end, placeSeed(segment, offset))
}

/** Frames under construction, and the batch they make: payloads are written first, headers when their place in the segment is known. */
export class FrameBuffer {
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView
  #length = 0
  /** Where each frame starts. */
  #starts: number[] = []

  /** `room`: bytes that are likely to be needed. */
  constructor(room = 4_096) {
    this.#bytes = new Uint8Array(room)
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#length
  }

  get isEmpty(): boolean {
    return this.#length === 0
  }

  begin(): void {
    this.#starts.push(this.#length)
    this.#reserve(frameHeaderBytes)
    this.#length += frameHeaderBytes
  }

  /** Writes the headers for a batch that goes to `offset` of segment `segment`; answers its bytes, a view that is valid until `clear`. */
  seal(segment: number, offset: number, durable: number): Uint8Array {
    const batchEnd = offset + this.#length
    for (let i = 0; i < this.#starts.length; i++) {
      const start = this.#starts[i] as number
      const end = this.#starts[i + 1] ?? this.#length
      const seed = placeSeed(segment, offset + start)
      const blank = hasBlankSector(this.#bytes, start, end, offset)
      this.#view.setUint32(start + 4, crc32c(this.#bytes, start + frameHeaderBytes, end, seed), true)
      this.#view.setUint32(start + 8, (end - start - frameHeaderBytes + (blank ? 0x80000000 : 0)) >>> 0, true)
      this.#view.setUint32(start + 12, durable, true)
      this.#view.setUint32(start + 16, batchEnd, true)
      this.#view.setUint32(start, crc32c(this.#bytes, start + 4, start + frameHeaderBytes, seed), true)
    }
    return this.#bytes.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
    this.#starts = []
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  word(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.#length, value, true)
    this.#length += 4
  }

  /** A non-negative integer below 2^53, in 8 bytes. */
  integer(value: number): void {
    this.#reserve(8)
    this.#view.setUint32(this.#length, value >>> 0, true)
    this.#view.setUint32(this.#length + 4, Math.floor(value / 0x1_0000_0000), true)
    this.#length += 8
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  fill(value: number, length: number): void {
    this.#reserve(length)
    this.#bytes.fill(value, this.#length, this.#length + length)
    this.#length += length
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    let size = this.#bytes.length * 2
    while (size < this.#length + more) size *= 2
    const grown = new Uint8Array(size)
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

/** Is some sector's share of `bytes[start, end)` nothing but zeros? `bytes[0]` is at `offset` of the file. */
export function hasBlankSector(bytes: Uint8Array, start: number, end: number, offset: number): boolean {
  let boundary = start + sectorBytes - ((offset + start) % sectorBytes)
  for (let at = start; at < end; boundary += sectorBytes) {
    const stop = Math.min(boundary, end)
    if (isBlank(bytes, at, stop)) return true
    at = stop
  }
  return false
}

export function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false
  return true
}

/** What the checksums of the frame at `offset` of a segment start from. */
export function placeSeed(segment: number, offset: number): number {
  return (Math.imul(segment, 0x9e3779b1) ^ offset) >>> 0
}

export function word32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)) >>> 0
}
