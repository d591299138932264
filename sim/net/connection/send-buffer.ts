import { StreamSlab } from './stream-slab.js'

const smallestSlab = 1_024
const largestSlab = 65_536

/**
 * The bytes of one direction that may have to be sent (again), by their offset in the stream. They are copied once, when they are written:
 * segments and what the reader gets are views of that copy.
 */
export class SendBuffer {
  /** Offset behind the last byte. */
  written = 0
  readonly #slabs: StreamSlab[] = []
  #first = 0
  #nextSize = smallestSlab

  /** Copies the bytes in; answers their hash. */
  append(bytes: Uint8Array): number {
    const { length } = bytes
    const slabs = this.#slabs
    let slab = slabs[slabs.length - 1]
    let hash = length
    for (let taken = 0; taken < length; ) {
      if (slab === undefined || slab.used === slab.bytes.length) {
        slab = this.#open(bytes, taken)
        slabs.push(slab)
      }
      const { used } = slab
      const count = Math.min(length - taken, slab.bytes.length - used)
      if (count === length) slab.bytes.set(bytes, used)
      else slab.bytes.set(bytes.subarray(taken, taken + count), used)
      slab.used = used + count
      hash = slab.hash(used, slab.used) ^ (hash << 1)
      taken += count
      this.written += count
    }
    return hash
  }

  /** At most `most` bytes from `offset` on, as one view; fewer where the copy is in two pieces. */
  view(offset: number, most: number): Uint8Array {
    const slab = this.#at(offset)
    const from = offset - slab.start
    return slab.bytes.subarray(from, Math.min(from + most, slab.used))
  }

  /** Everything before `offset` has arrived. */
  release(offset: number): void {
    const slabs = this.#slabs
    while (this.#first < slabs.length && (slabs[this.#first] as StreamSlab).start + (slabs[this.#first] as StreamSlab).bytes.length <= offset) this.#first++
    if (this.#first > 16 && this.#first * 2 > slabs.length) {
      slabs.splice(0, this.#first)
      this.#first = 0
    }
  }

  /** Forgets everything from `offset` on. Nothing is written after it. */
  cut(offset: number): void {
    if (offset < this.written) this.written = offset
  }

  /** Bytes of memory that it holds. */
  get held(): number {
    let held = 0
    for (let i = this.#first; i < this.#slabs.length; i++) held += (this.#slabs[i] as StreamSlab).bytes.length
    return held
  }

  /** Grows from slab to slab, so that a connection of few bytes holds few. */
  #open(bytes: Uint8Array, taken: number): StreamSlab {
    const size = Math.max(this.#nextSize, Math.min(bytes.length - taken, largestSlab))
    this.#nextSize = Math.min(largestSlab, size * 2)
    return new StreamSlab(new Uint8Array(size), this.written)
  }

  #at(offset: number): StreamSlab {
    for (let i = this.#first; i < this.#slabs.length; i++) {
      const slab = this.#slabs[i] as StreamSlab
      if (offset < slab.start + slab.used) return slab
    }
    throw new RangeError(`offset ${offset} was never written: the stream ends at ${this.written}`)
  }
}
