/** The longest piece that one read answers. */
const largestPiece = 65_536

/** What came of one direction of a stream: in order until somebody reads it, and what came too early until the gap before it is filled. */
export class ReceiveBuffer {
  /** Offset behind the last byte that came in order. */
  next = 0
  /** Bytes in order that nobody has read. */
  unread = 0
  /** Where the stream ends; -1 while that is not known. */
  end = -1
  readonly #pieces: Uint8Array[] = []
  #first = 0
  #early: Early[] = []

  /** The last byte has come. */
  get isComplete(): boolean {
    return this.end === this.next
  }

  /** Takes what is new of a segment that lies before `edge`. */
  accept(sequence: number, bytes: Uint8Array, edge: number): void {
    const end = sequence + bytes.length
    if (end <= this.next || end > edge) return
    if (sequence > this.next) {
      this.#keep(sequence, bytes)
      return
    }
    this.#append(sequence === this.next ? bytes : bytes.subarray(this.next - sequence))
    if (this.#early.length > 0) this.#fill()
  }

  /** The next piece, or null when there is none now. */
  take(): Uint8Array | null {
    const pieces = this.#pieces
    if (this.#first === pieces.length) return null
    const piece = pieces[this.#first++] as Uint8Array
    if (this.#first === pieces.length) {
      pieces.length = 0
      this.#first = 0
    }
    this.unread -= piece.length
    return piece
  }

  discard(): void {
    this.#pieces.length = 0
    this.#first = 0
    this.#early = []
    this.unread = 0
  }

  /** Neighbours in memory become one piece: many small writes are one read. */
  #append(bytes: Uint8Array): void {
    const { length } = bytes
    this.next += length
    this.unread += length
    const pieces = this.#pieces
    const last = pieces[pieces.length - 1]
    const areNeighbours = last !== undefined && last.buffer === bytes.buffer && last.byteOffset + last.length === bytes.byteOffset
    if (areNeighbours && last.length + length <= largestPiece) pieces[pieces.length - 1] = new Uint8Array(bytes.buffer, last.byteOffset, last.length + length)
    else pieces.push(bytes)
  }

  #keep(sequence: number, bytes: Uint8Array): void {
    const early = this.#early
    let place = early.length
    while (place > 0 && (early[place - 1] as Early).sequence > sequence) place--
    const before = early[place - 1]
    // A segment that came twice.
    if (before !== undefined && before.sequence + before.bytes.length >= sequence + bytes.length) return
    early.splice(place, 0, { sequence, bytes })
  }

  #fill(): void {
    const early = this.#early
    let used = 0
    for (; used < early.length; used++) {
      const { sequence, bytes } = early[used] as Early
      if (sequence > this.next) break
      if (sequence + bytes.length > this.next) this.#append(sequence === this.next ? bytes : bytes.subarray(this.next - sequence))
    }
    early.splice(0, used)
  }
}

interface Early {
  readonly sequence: number
  readonly bytes: Uint8Array
}
