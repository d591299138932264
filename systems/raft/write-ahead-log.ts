import { DiskError, Misuse } from '../../sim/host/errors.js'
import type { File, Host } from '../../sim/host/seam.js'
import type { Configuration } from './configuration.js'
import { makeDurableDirectory } from './durable-directory.js'
import type { Entry, ExpectedSnapshot, HardState, Position, RaftChange } from './messages.js'
import { FrameBuffer, sectorBytes } from './wal-frame.js'
import type { WalImage } from './wal-image.js'
import { type SegmentHeader, writeRecord } from './wal-record.js'
import { recoverLog, segmentName, type WalRecovery } from './wal-recovery.js'

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
export class WriteAheadLog {
  /** What recovery found; and whether it found no log at all. */
  readonly recovered: WalImage
  readonly isNew: boolean
  readonly #host: Host
  readonly #directory: string
  readonly #options: WalOptions
  /** Oldest first; the last one is written to. */
  readonly #segments: { readonly number: number; highestIndex: number }[]
  #file: File
  #size: number
  /** Bytes of the last segment that are durable, and whether its name is. */
  #durable: number
  #nameIsDurable = true
  #pending = new FrameBuffer(1_024)
  #spare = new FrameBuffer(256)
  #isFlushing = false
  #flushing: Promise<void> = Promise.resolve()
  #onDurable: (token: number) => void = () => {}
  /** What the log says with all saves so far, and with all that was handed to the disk. */
  readonly #saved: Tail
  #written: Tail
  #droppedUpTo = 0

  /** Recovers the log in `directory`, which is made when it is missing. Throws `CorruptLog` or the disk's error. */
  static async open(host: Host, directory: string, options: WalOptions = defaultWalOptions): Promise<WriteAheadLog> {
    if (!(options.segmentBytes > 0)) throw new Misuse('segmentBytes must be positive')
    const { disk } = host
    await makeDurableDirectory(disk, directory)
    const recovery = await recoverLog(disk, directory)
    const { image } = recovery
    if (recovery.isSuspect) image.suspect = true
    if (recovery.isNew && options.isReplacement === true) {
      image.suspect = true
      image.wiped = true
    }
    host.check.sometimes('a torn tail is cut off', recovery.isCut)
    const number = recovery.highestNumber + 1
    const from = Math.max(recovery.repeatFrom, image.first)
    const entries = image.entries.slice(from - image.first)
    const file = await disk.open(`${directory}/${segmentName(number)}`, { create: true, exclusive: true })
    await file.append(segmentHeader({ number, previous: recovery.last, previousEnd: recovery.durableEnd, incarnation: host.incarnation }, image, from, entries))
    await file.sync()
    await disk.syncDirectory(directory)
    for (const leftover of recovery.leftovers) await disk.remove(`${directory}/${segmentName(leftover)}`)
    if (recovery.leftovers.length > 0) await disk.syncDirectory(directory)
    const segments = [...recovery.segments, { number, highestIndex: entries.at(-1)?.index ?? 0 }]
    return new WriteAheadLog(host, directory, options, recovery, segments, file)
  }

  private constructor(
    host: Host,
    directory: string,
    options: WalOptions,
    { image, isNew }: WalRecovery,
    segments: { number: number; highestIndex: number }[],
    file: File,
  ) {
    this.#host = host
    this.#directory = directory
    this.#options = options
    this.recovered = image
    this.isNew = isNew
    this.#segments = segments
    this.#file = file
    this.#size = file.size()
    this.#durable = this.#size
    const { hardState, suspect, wiped, base, configuration, expected, lastIndex } = image
    this.#saved = { hardState, suspect, wiped, base, configuration, expected, lastIndex, token: 0, highestIndex: 0 }
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
    const saved = this.#saved
    switch (change.kind) {
      case 'hard-state':
        saved.hardState = change.hardState
        // The first of two copies, and what keeps them out of one sector.
        writeRecord(this.#pending, change)
        writeRecord(this.#pending, { kind: 'padding', length: sectorBytes })
        break
      case 'entries':
        if ((change.entries[0] as Entry).index <= saved.lastIndex) this.#host.check.reachable('a conflicting tail is replaced')
        saved.lastIndex = (change.entries[change.entries.length - 1] as Entry).index
        if (saved.lastIndex > saved.highestIndex) saved.highestIndex = saved.lastIndex
        break
      case 'compacted':
        if (change.base.index > saved.base.index) {
          saved.base = change.base
          saved.configuration = change.configuration
        }
        break
      case 'expected':
        saved.expected = change.expected
        break
      case 'restored':
        saved.base = change.base
        saved.configuration = change.configuration
        saved.lastIndex = change.base.index
        break
      case 'trusted':
        saved.suspect = false
        saved.wiped = false
    }
    writeRecord(this.#pending, change)
    saved.token = token
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
    this.#file.close()
  }

  async #writeBatches(): Promise<void> {
    this.#isFlushing = true
    try {
      while (!this.#pending.isEmpty) await this.#writeBatch()
      this.#isFlushing = false
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#host.exit(`the write-ahead log cannot be written: ${error.message}`)
    }
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#pending
    this.#pending = this.#spare
    this.#spare = batch
    const tail = { ...this.#saved }
    this.#saved.highestIndex = 0
    if (this.#size >= this.#options.segmentBytes) await this.#beginSegment()
    const segment = this.#segments[this.#segments.length - 1] as { readonly number: number; highestIndex: number }
    this.#written = tail
    if (tail.highestIndex > segment.highestIndex) segment.highestIndex = tail.highestIndex

    const bytes = batch.seal(segment.number, this.#size, this.#durable)
    await this.#file.append(bytes)
    this.#size += bytes.length
    await this.#file.sync()
    if (!this.#nameIsDurable) await this.#host.disk.syncDirectory(this.#directory)
    this.#nameIsDurable = true
    this.#durable = this.#size
    batch.clear()
    this.#onDurable(tail.token)
    if (tail.base.index > this.#droppedUpTo) await this.#dropSegments(tail.base.index)
  }

  /** Its header becomes durable together with the batch that follows. All of the segment before is durable already. */
  async #beginSegment(): Promise<void> {
    await this.#host.failpoint('raft.begin-segment', { EIO: () => new DiskError('EIO', 'open', this.#directory) })
    const previous = this.#segments[this.#segments.length - 1]?.number ?? 0
    const number = previous + 1
    const header = segmentHeader(
      { number, previous, previousEnd: this.#size, incarnation: this.#host.incarnation },
      this.#written,
      this.#written.lastIndex + 1,
      [],
    )
    this.#file.close()
    this.#file = await this.#host.disk.open(`${this.#directory}/${segmentName(number)}`, { create: true, exclusive: true })
    await this.#file.append(header)
    this.#segments.push({ number, highestIndex: 0 })
    this.#size = header.length
    this.#durable = 0
    this.#nameIsDurable = false
  }

  /** Oldest first, each removal durable before the next: what is left always follows from its oldest segment on. */
  async #dropSegments(base: number): Promise<void> {
    this.#droppedUpTo = base
    await this.#host.failpoint('raft.drop-segments')
    for (let oldest = this.#segments[0]; oldest && this.#segments.length > 1 && oldest.highestIndex <= base; oldest = this.#segments[0]) {
      await this.#host.disk.remove(`${this.#directory}/${segmentName(oldest.number)}`)
      await this.#host.disk.syncDirectory(this.#directory)
      this.#segments.shift()
    }
  }
}

interface Tail {
  hardState: HardState
  suspect: boolean
  wiped: boolean
  base: Position
  configuration: Configuration | null
  expected: ExpectedSnapshot | null
  lastIndex: number
  token: number
  /** Of the entries in the batch that is being collected. */
  highestIndex: number
}

function segmentHeader(
  place: Pick<SegmentHeader, 'number' | 'previous' | 'previousEnd' | 'incarnation'>,
  state: Pick<SegmentHeader, 'hardState' | 'suspect' | 'wiped' | 'base' | 'configuration' | 'expected'>,
  from: number,
  entries: readonly Entry[],
): Uint8Array {
  const frame = new FrameBuffer(256)
  const { hardState, suspect, wiped, base, configuration, expected } = state
  writeRecord(frame, { kind: 'segment', ...place, hardState, suspect, wiped, base, configuration, expected, from, entries })
  return frame.seal(place.number, 0, 0)
}
