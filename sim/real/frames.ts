/** A message in a byte stream: its length in four bytes, big-endian, and its bytes. */
export function frameOf(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(4 + message.length)
  new DataView(frame.buffer).setUint32(0, message.length)
  frame.set(message, 4)
  return frame
}

/** Puts frames together again from the pieces in which a stream brings them. */
export class FrameReader {
  readonly #longest: number
  #pieces: Uint8Array[] = []
  #held = 0

  /** `longest`: in bytes; a longer frame is refused. */
  constructor(longest: number) {
    this.#longest = longest
  }

  /** The messages that are whole now, in their order; null when one is longer than allowed: the stream is of no use any more. */
  push(piece: Uint8Array): Uint8Array[] | null {
    this.#pieces.push(piece)
    this.#held += piece.length
    const messages: Uint8Array[] = []
    while (this.#held >= 4) {
      const head = this.#join(4)
      const length = new DataView(head.buffer, head.byteOffset, 4).getUint32(0)
      if (length > this.#longest) return null
      if (this.#held < 4 + length) break
      const whole = this.#join(4 + length)
      messages.push(whole.subarray(4, 4 + length))
      this.#pieces[0] = whole.subarray(4 + length)
      this.#held -= 4 + length
    }
    return messages
  }

  /** The first piece, which holds at least `length` bytes afterwards. */
  #join(length: number): Uint8Array {
    const first = this.#pieces[0] as Uint8Array
    if (first.length >= length) return first
    const all = new Uint8Array(this.#held)
    let at = 0
    for (const piece of this.#pieces) {
      all.set(piece, at)
      at += piece.length
    }
    this.#pieces = [all]
    return all
  }
}
