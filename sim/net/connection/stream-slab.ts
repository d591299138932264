import { fold } from '../../kernel/mix.js'

/** A stretch of a byte stream: filled from the left, cut into segments, given to the reader as it is. Bytes are written once and never moved. */
export class StreamSlab {
  used = 0
  #words: Int32Array | null = null

  constructor(
    readonly bytes: Uint8Array,
    /** Offset of its first byte in the stream. */
    readonly start: number,
  ) {}

  /** A 32-bit hash of the bytes in [from, to), a word at a time. It depends on where they lie, which the stream's history fixes. */
  hash(from: number, to: number): number {
    const { bytes } = this
    let hash = fold(0x51ab51ab, to - from)
    let at = from
    if (isLittleEndian && to - from >= 16) {
      for (; (at & 3) !== 0; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
      this.#words ??= new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
      hash = hashWords(hash, this.#words, at >> 2, to >> 2)
      at = to & ~3
    } else {
      for (; at < to && (at & 3) !== 0; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
      for (; at + 4 <= to; at += 4) {
        hash = step(hash, (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24))
      }
    }
    for (; at < to; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
    return fold(hash, 0x7f1)
  }
}

function hashWords(seed: number, words: Int32Array, from: number, to: number): number {
  let hash = seed
  for (let i = from; i < to; i++) hash = step(hash, words[i] as number)
  return hash
}

function step(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

/** Where it is not, words are put together byte by byte, so that the hash is the same. */
const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1
