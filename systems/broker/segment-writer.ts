import type { Disk } from '../../sim/host/seam.js'
import type { Segment } from './segment.js'

/**
 * Brings appended batches to their segments' files in order, one write at a time. Neighbours in memory go out in one write. A failed write
 * fails the writer for good: what the files hold is then unknown, and only recovery may tell.
 */
export class SegmentWriter {
  #pieces: Piece[] = []
  #bytes = 0
  #running: Promise<void> | null = null
  readonly #disk: Disk
  readonly #written: (offset: number) => void

  /** `written` hears of every offset that all batches before are in files up to. */
  constructor(disk: Disk, written: (offset: number) => void) {
    this.#disk = disk
    this.#written = written
  }

  /** Not handed to a write yet. */
  get waitingBytes(): number {
    return this.#bytes
  }

  add(segment: Segment, batch: Uint8Array): void {
    this.#bytes += batch.length
    const last = this.#pieces[this.#pieces.length - 1]
    if (last !== undefined && last.segment === segment && last.buffer === batch.buffer && last.end === batch.byteOffset) {
      last.end += batch.length
      last.endOffset = segment.endOffset
    } else {
      const start = batch.byteOffset
      this.#pieces.push({ segment, buffer: batch.buffer, start, end: start + batch.length, endOffset: segment.endOffset })
    }
  }

  /** Settles when everything added before is written. */
  async drain(): Promise<void> {
    while (this.#pieces.length > 0 || this.#running !== null) {
      this.#running ??= this.#writeAll()
      await this.#running
    }
  }

  /** Forgets what waits; what is being written may still be. */
  async abandon(): Promise<void> {
    this.#pieces = []
    this.#bytes = 0
    await this.#running
  }

  async #writeAll(): Promise<void> {
    for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
      const { segment, buffer, start, end, endOffset } = piece
      this.#bytes -= end - start
      const file = await segment.file(this.#disk)
      await file.writeAt(segment.written, new Uint8Array(buffer, start, end - start))
      segment.written += end - start
      this.#written(endOffset)
    }
    this.#running = null
  }
}

/** Bytes `[start, end)` of memory that follow what is in the segment's file. */
interface Piece {
  readonly segment: Segment
  readonly buffer: ArrayBufferLike
  readonly start: number
  end: number
  endOffset: number
}
