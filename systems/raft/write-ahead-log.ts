import { DiskError, Misuse } from '../../sim/host/errors.js'
import type { Host } from '../../sim/host/seam.js'
import { makeDurableDirectory } from './durable-directory.js'
import type { Entry, RaftChange } from './messages.js'
import type { RaftLog } from './raft-log.js'
import { MemberContent } from './wal-content.js'
import { FrameBuffer, sectorBytes } from './wal-frame.js'
import type { WalImage } from './wal-image.js'
import { writeRecord } from './wal-record.js'
import { recoverLog } from './wal-recovery.js'
import { type SegmentPlace, WalSegments } from './wal-segments.js'
import { type HeaderState, headerRecord, noteChange, replacesEntries, tailOf, type WalTail } from './wal-tail.js'

export interface WalOptions {
  /** A segment that has reached this size is followed by a new one. */
  readonly segmentBytes: number
  /** A missing log is one that was lost: the member may have forgotten all that it said. */
  readonly isReplacement?: boolean
}

export const defaultWalOptions: WalOptions = { segmentBytes: 64 * 1024 * 1024 }

/**
 * The write-ahead log of one member of one group: hard state and entries in one log, in numbered segment files of one directory.
 *
 * Saves that come while a batch is on its way to the disk go out together as the next one: one write and one sync (group commit). They become durable in
 * order. A write or a sync that fails ends the process: after a failed sync nobody knows what the disk holds (Rebello et al., "Can Applications Recover from
 * fsync Failures?", 2020), so what was not known to be durable is written anew at the next start. Compaction removes whole segments, oldest first.
 * Every start begins a new segment. What recovery concludes from damage is told in `wal-recovery.ts`.
 */
export class WriteAheadLog implements RaftLog {
  /** What recovery found; and whether it found no log at all. */
  readonly recovered: WalImage
  readonly isNew: boolean
  readonly #host: Host
  readonly #options: WalOptions
  /** With the highest index of the entries that each holds. */
  readonly #segments: WalSegments<{ highestIndex: number }>
  #pending = new FrameBuffer(1_024)
  #spare = new FrameBuffer(256)
  #isFlushing = false
  #flushing: Promise<void> = Promise.resolve()
  #onDurable: (token: number) => void = () => {}
  /** What the log says with all saves so far, and with all that was handed to the disk. */
  readonly #saved: WalTail
  #written: WalTail
  #droppedUpTo = 0

  /** Recovers the log in `directory`, which is made when it is missing. Throws `CorruptLog` or the disk's error. */
  static async open(host: Host, directory: string, options: WalOptions = defaultWalOptions): Promise<WriteAheadLog> {
    if (!(options.segmentBytes > 0)) throw new Misuse('segmentBytes must be positive')
    await makeDurableDirectory(host.disk, directory)
    const content = new MemberContent()
    const found = await recoverLog(host.disk, directory, content)
    const { image, repeatFrom } = content
    if (found.isSuspect) image.suspect = true
    if (found.isNew && options.isReplacement === true) {
      image.suspect = true
      image.wiped = true
    }
    host.check.sometimes('a torn tail is cut off', found.isCut)
    const from = Math.max(repeatFrom, image.first)
    const entries = image.entries.slice(from - image.first)
    const held = { highestIndex: entries.at(-1)?.index ?? 0 }
    const recovery = { ...found, segments: found.segments.map(({ number, held: highestIndex }) => ({ number, held: { highestIndex } })) }
    const segments = await WalSegments.open(host, directory, recovery, held, (place) => segmentHeader(place, image, from, entries))
    return new WriteAheadLog(host, options, image, found.isNew, segments)
  }

  private constructor(host: Host, options: WalOptions, image: WalImage, isNew: boolean, segments: WalSegments<{ highestIndex: number }>) {
    this.#host = host
    this.#options = options
    this.recovered = image
    this.isNew = isNew
    this.#segments = segments
    this.#saved = tailOf(image)
    this.#written = { ...this.#saved }
  }

  /** Tells the token of the last save of every batch that became durable; all before it are durable too. */
  onDurable(durable: (token: number) => void): void {
    this.#onDurable = durable
  }

  /** Bytes that wait for the disk. */
  get pendingBytes(): number {
    return this.#pending.length + this.#spare.length
  }

  /** Notes a change for the next batch; tokens rise. It goes out with `flush`, and is durable when `onDurable` says so. Entries are copied. */
  save(token: number, change: RaftChange): void {
    if (change.kind === 'hard-state') {
      // The first of two copies, and what keeps them out of one sector.
      writeRecord(this.#pending, change)
      writeRecord(this.#pending, { kind: 'padding', length: sectorBytes })
    }
    if (replacesEntries(this.#saved, change)) this.#host.check.reachable('a conflicting tail is replaced')
    noteChange(this.#saved, token, change)
    writeRecord(this.#pending, change)
  }

  /** What was saved goes to the disk, now or right after the batch that is on its way. */
  flush(): void {
    if (!this.#isFlushing && !this.#pending.isEmpty) this.#flushing = this.#writeBatches()
  }

  /** Settles when all that was saved is durable, and told so. */
  async drain(): Promise<void> {
    this.flush()
    while (this.#isFlushing) await this.#flushing
  }

  /** Drains and closes its file: nothing may be saved any more. */
  async close(): Promise<void> {
    await this.drain()
    this.#segments.close()
  }

  /** All in one function: a batch costs no more than two turns, of its write and of its sync. */
  async #writeBatches(): Promise<void> {
    const segments = this.#segments
    this.#isFlushing = true
    try {
      while (!this.#pending.isEmpty) {
        const batch = this.#pending
        this.#pending = this.#spare
        this.#spare = batch
        const tail = { ...this.#saved }
        this.#saved.highestIndex = 0
        // The newest batch may rot, and the log goes on without it: what it says lets nothing go before another follows.
        const { base: certain } = this.#written
        const begins = segments.size >= this.#options.segmentBytes
        if (begins) await this.#beginSegment()
        this.#written = tail
        const { held } = segments.held[segments.held.length - 1] as { readonly held: { highestIndex: number } }
        if (tail.highestIndex > held.highestIndex) held.highestIndex = tail.highestIndex

        await segments.append(batch)
        await segments.sync()
        segments.synced()
        batch.clear()
        this.#onDurable(tail.token)
        if (begins || certain.index <= this.#droppedUpTo) continue
        this.#droppedUpTo = certain.index
        await segments.drop(({ highestIndex }) => highestIndex <= certain.index)
      }
      this.#isFlushing = false
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#host.exit(`the write-ahead log cannot be written: ${error.message}`)
    }
  }

  #beginSegment(): Promise<void> {
    const written = this.#written
    return this.#segments.begin({ highestIndex: 0 }, (place) => segmentHeader(place, written, written.lastIndex + 1, []))
  }
}

function segmentHeader(place: SegmentPlace, state: HeaderState, from: number, entries: readonly Entry[]): Uint8Array {
  const frame = new FrameBuffer(256)
  writeRecord(frame, headerRecord(place, state, from, entries))
  return frame.seal(place.number, 0, 0)
}
