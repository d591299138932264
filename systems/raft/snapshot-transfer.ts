import { crc32c } from './crc32c.js'
import { type Position, samePosition } from './messages.js'

/**
 * A snapshot as it travels: the state machine's bytes and a CRC-32C of them, cut into chunks.
 */
export class OutgoingSnapshot {
  readonly #bytes: Uint8Array

  constructor(
    readonly position: Position,
    state: Uint8Array,
  ) {
    this.#bytes = new Uint8Array(state.length + checksumBytes)
    this.#bytes.set(state)
    new DataView(this.#bytes.buffer).setUint32(state.length, crc32c(state), true)
  }

  get total(): number {
    return this.#bytes.length
  }

  chunk(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + length)
  }
}

/** Collects the chunks of one snapshot, in order. */
export class IncomingSnapshot {
  readonly #bytes: Uint8Array
  #received = 0

  constructor(
    readonly position: Position,
    total: number,
  ) {
    this.#bytes = new Uint8Array(total)
  }

  /** False when the chunk does not continue what was received. */
  add(position: Position, offset: number, bytes: Uint8Array): boolean {
    if (!samePosition(position, this.position) || offset !== this.#received || offset + bytes.length > this.#bytes.length) return false
    this.#bytes.set(bytes, offset)
    this.#received += bytes.length
    return true
  }

  /** The state machine's bytes; null when they are not all here, or not what was sent. */
  state(): Uint8Array | null {
    const end = this.#bytes.length - checksumBytes
    if (this.#received < this.#bytes.length || end < 0) return null
    const checksum = new DataView(this.#bytes.buffer).getUint32(end, true)
    return crc32c(this.#bytes, 0, end) === checksum ? this.#bytes.subarray(0, end) : null
  }
}

const checksumBytes = 4
