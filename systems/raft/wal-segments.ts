import { DiskError } from '../../sim/host/errors.js'
import type { File, Host } from '../../sim/host/seam.js'
import type { FrameBuffer } from './wal-frame.js'
import type { SegmentHeader } from './wal-record.js'
import { segmentName, type WalRecovery } from './wal-recovery.js'

/** Where a segment stands among the others: the part of its header that is the same for every log. */
export type SegmentPlace = Pick<SegmentHeader, 'number' | 'previous' | 'previousEnd' | 'incarnation'>

/**
 * The numbered files of a write-ahead log, the last of which is written to. `Held`: what a segment holds, which tells when it may go.
 * `header` gives the first frames of a segment that begins, sealed for its start.
 */
export class WalSegments<Held> {
  /** Bytes of the last segment. */
  size: number
  /** Of these, what it began with. */
  headBytes: number
  readonly #host: Host
  readonly #directory: string
  /** Oldest first; the last one is written to. */
  readonly #segments: { readonly number: number; readonly held: Held }[]
  #file: File
  /** Bytes of the last segment that are durable, and whether its name is. */
  #durable: number
  #nameIsDurable = true

  /** Begins a new segment behind what recovery found, and clears away what does not count. The directory is there. */
  static async open<Held>(host: Host, directory: string, found: WalRecovery<Held>, held: Held, header: (place: SegmentPlace) => Uint8Array) {
    const { disk, incarnation } = host
    const number = found.highestNumber + 1
    const file = await disk.open(`${directory}/${segmentName(number)}`, { create: true, exclusive: true })
    await file.append(header({ number, previous: found.last, previousEnd: found.durableEnd, incarnation }))
    await file.sync()
    await disk.syncDirectory(directory)
    for (const leftover of found.leftovers) await disk.remove(`${directory}/${segmentName(leftover)}`)
    if (found.leftovers.length > 0) await disk.syncDirectory(directory)
    return new WalSegments(host, directory, [...found.segments, { number, held }], file)
  }

  private constructor(host: Host, directory: string, segments: { readonly number: number; readonly held: Held }[], file: File) {
    this.#host = host
    this.#directory = directory
    this.#segments = segments
    this.#file = file
    this.size = file.size()
    this.headBytes = this.size
    this.#durable = this.size
  }

  get number(): number {
    return (this.#segments[this.#segments.length - 1] as { readonly number: number }).number
  }

  /** Oldest first; the last one is written to. */
  get held(): readonly { readonly held: Held }[] {
    return this.#segments
  }

  /** A batch: one write and one sync. Settles when it is durable. */
  async write(batch: FrameBuffer): Promise<void> {
    await this.append(batch)
    await this.sync()
    this.synced()
  }

  /** The first half of `write`. */
  append(batch: FrameBuffer): Promise<number> {
    const bytes = batch.seal(this.number, this.size, this.#durable)
    this.size += bytes.length
    return this.#file.append(bytes)
  }

  /** The second half, told of by `synced` when it has come true. */
  sync(): Promise<void> {
    return this.#nameIsDurable ? this.#file.sync() : this.#syncWithName()
  }

  synced(): void {
    this.#nameIsDurable = true
    this.#durable = this.size
  }

  async #syncWithName(): Promise<void> {
    await this.#file.sync()
    await this.#host.disk.syncDirectory(this.#directory)
  }

  /** The header becomes durable together with the batch that follows. All of the segment before is durable already. */
  async begin(held: Held, header: (place: SegmentPlace) => Uint8Array): Promise<void> {
    await this.#host.failpoint('raft.begin-segment', { EIO: () => new DiskError('EIO', 'open', this.#directory) })
    const previous = this.number
    const number = previous + 1
    const bytes = header({ number, previous, previousEnd: this.size, incarnation: this.#host.incarnation })
    this.#file.close()
    this.#file = await this.#host.disk.open(`${this.#directory}/${segmentName(number)}`, { create: true, exclusive: true })
    await this.#file.append(bytes)
    this.#segments.push({ number, held })
    this.size = bytes.length
    this.headBytes = bytes.length
    this.#durable = 0
    this.#nameIsDurable = false
  }

  /** Oldest first, each removal durable before the next: what is left always follows from its oldest segment on. */
  async drop(mayGo: (held: Held) => boolean): Promise<void> {
    await this.#host.failpoint('raft.drop-segments')
    for (let oldest = this.#segments[0]; oldest && this.#segments.length > 1 && mayGo(oldest.held); oldest = this.#segments[0]) {
      await this.#host.disk.remove(`${this.#directory}/${segmentName(oldest.number)}`)
      await this.#host.disk.syncDirectory(this.#directory)
      this.#segments.shift()
    }
  }

  close(): void {
    this.#file.close()
  }
}
