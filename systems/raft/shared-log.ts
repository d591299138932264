import { DiskError, Misuse } from '../../sim/host/errors.js'
import type { Host } from '../../sim/host/seam.js'
import { makeDurableDirectory } from './durable-directory.js'
import { UnknownGroup } from './errors.js'
import { GroupLog } from './group-log.js'
import type { Entry, RaftChange } from './messages.js'
import type { RaftLog } from './raft-log.js'
import { SharedContent } from './wal-content.js'
import { FrameBuffer, sectorBytes } from './wal-frame.js'
import { WalImage } from './wal-image.js'
import { someGroup, writeRecord, writeSharedRecord } from './wal-record.js'
import { recoverLog } from './wal-recovery.js'
import { type SegmentPlace, WalSegments } from './wal-segments.js'
import { headerRecord, replacesEntries, type WalTail } from './wal-tail.js'

export interface SharedLogOptions {
  /** A segment that has reached this size is followed by a new one, unless it has not yet doubled what it began with. */
  readonly segmentBytes: number
  /** With so many segments, groups that keep the oldest from going are repeated in the next one. */
  readonly mostSegments: number
}

export const defaultSharedLogOptions: SharedLogOptions = { segmentBytes: 64 * 1024 * 1024, mostSegments: 4 }

/**
 * One write-ahead log for all Raft groups of a host: what many groups save meanwhile goes to the disk in one write and one sync.
 *
 * The frames, the segments and what recovery concludes from damage are those of a log of one member (`write-ahead-log.ts`); every record says of which group
 * it is, by a number that a record before ties to the group's name. Each segment begins with what every group's log says at that point. Where damage makes a member
 * suspect it does so to all groups: nobody can tell whose record it was. A segment goes once no group needs it; a group that does little would keep old ones for
 * ever, so that what it needs is repeated in a new one. (Multi-group storage engines do the same: TiKV's Raft Engine, 2021.) A group that leaves the host needs
 * none: one record says that all before is void, and no number is given twice while the log may hold records of it. That some group has left is said for ever.
 */
export class SharedLog {
  readonly #host: Host
  readonly #options: SharedLogOptions
  /** With the highest index that each holds, by the group's number. */
  readonly #segments: WalSegments<Map<number, number>>
  /** By number, in the order in which the groups came; until it is durable that they left. */
  readonly #parts = new Map<number, GroupLog>()
  readonly #byName = new Map<string, GroupLog>()
  #pending = new FrameBuffer(4_096)
  #spare = new FrameBuffer(4_096)
  /** Groups that saved something for the next batch. */
  #dirty: GroupLog[] = []
  /** Groups that the next batch says have left. */
  #leaving: GroupLog[] = []
  /** Of groups that left in this life: how often. */
  readonly #departures = new Map<string, number>()
  /** Some group has left here, in this life or before: one that the log does not know may have said something here. */
  #hasLeft: boolean
  #highestNumber: number
  #isFlushing = false
  /** Since the last batch before this one, some segment may be past. */
  #mayDrop = false
  #batch: Promise<void> = Promise.resolve()

  /** Recovers the log in `directory`, which is made when it is missing. Throws `CorruptLog` or the disk's error. */
  static async open(host: Host, directory: string, given: Partial<SharedLogOptions> = {}): Promise<SharedLog> {
    const options = { ...defaultSharedLogOptions, ...given }
    if (!(options.segmentBytes > 0)) throw new Misuse('segmentBytes must be positive')
    if (!(options.mostSegments > 1)) throw new Misuse('mostSegments must be 2 or more')
    await makeDurableDirectory(host.disk, directory)
    const content = new SharedContent()
    const found = await recoverLog(host.disk, directory, content)
    host.check.sometimes('a torn tail is cut off', found.isCut)
    const held = new Map<number, number>()
    const parts: RecoveredPart[] = []
    for (const [number, { name, content: member }] of content.groups) {
      const { image, repeatFrom } = member
      if (found.isSuspect) image.suspect = true
      const from = Math.max(repeatFrom, image.first)
      const entries = image.entries.slice(from - image.first)
      if (entries.length > 0) held.set(number, (entries[entries.length - 1] as Entry).index)
      parts.push({ number, name, image, from, entries })
    }
    const segments = await WalSegments.open(host, directory, found, held, (place) => {
      const frame = beginHeader(place, content.hasLeft)
      for (const { number, name, image, from, entries } of parts) writeGroup(frame, number, name, place, image, from, entries)
      for (const number of content.left) writeSharedRecord(frame, { kind: 'left', group: number })
      return frame.seal(place.number, 0, 0)
    })
    return new SharedLog(host, options, segments, parts, content)
  }

  private constructor(
    host: Host,
    options: SharedLogOptions,
    segments: WalSegments<Map<number, number>>,
    parts: readonly RecoveredPart[],
    { highestNumber, hasLeft }: SharedContent,
  ) {
    this.#host = host
    this.#options = options
    this.#segments = segments
    this.#highestNumber = highestNumber
    this.#hasLeft = hasLeft
    for (const { number, name, image } of parts) this.#add(new GroupLog(this, number, name, image, false, 0))
  }

  /** Of which the log holds something, in the order in which they came. */
  get groups(): readonly string[] {
    return [...this.#byName.keys()]
  }

  /**
   * The part of one group, which one member asks for in each life. Settles once the log durably knows the group.
   * `isReplacement`: a log without it is one that was lost: the member may have forgotten all that it said. So it may, whatever is said, once any group has left here,
   * for the log does not say which for ever; where the group is new, its members find that out (`founding.ts`).
   */
  async of(group: string, isReplacement: boolean): Promise<RaftLog> {
    const known = this.#byName.get(group)
    if (known !== undefined) {
      known.open()
      return known
    }
    const image = new WalImage()
    const departures = this.#departures.get(group) ?? 0
    image.suspect = isReplacement || this.#hasLeft
    image.wiped = image.suspect
    const part = new GroupLog(this, ++this.#highestNumber, group, image, true, departures)
    part.open()
    this.#add(part)
    const { number } = this.#segments
    const place = { number, previous: 0, previousEnd: 0, incarnation: this.#host.incarnation }
    writeGroup(this.#pending, part.number, group, place, image, 1, [])
    await this.#soon()
    return part
  }

  /** Throws `Misuse` where `of` would reject. */
  expectUnused(group: string): void {
    this.#byName.get(group)?.expectUnused()
  }

  /** The member that asked for the part of this group did not come to be, and saved nothing: another may ask for it, or the group leave. */
  giveBack(group: string): void {
    this.#byName.get(group)?.giveBack()
  }

  /**
   * Forgets a group, which saves nothing from now on. Settles once that is durable: from then on the log knows it no more, and a segment that holds nothing
   * else goes once all older ones may. Rejects with `UnknownGroup` when there is nothing of it.
   */
  async leave(group: string): Promise<void> {
    const part = this.#byName.get(group)
    if (part === undefined) throw new UnknownGroup(group)
    part.leave()
    this.#leaving.push(part)
    // Said in two batches: the newest one may rot, and lets no segment go.
    for (let batch = 0; batch < 2; batch++) {
      writeSharedRecord(this.#pending, { kind: 'left', group: part.number })
      await this.#soon()
    }
  }

  get pendingBytes(): number {
    return this.#pending.length + this.#spare.length
  }

  flush(): void {
    if (!this.#isFlushing && !this.#pending.isEmpty) void this.#writeBatches()
  }

  /** Settles when a batch became durable that went out after this was called. */
  async #soon(): Promise<void> {
    if (this.#isFlushing) await this.#batch
    this.flush()
    await this.#batch
  }

  /** Settles when all that any group saved so far is durable, and its file is closed. */
  async close(): Promise<void> {
    this.flush()
    while (this.#isFlushing) await this.#batch
    this.#segments.close()
  }

  save(part: GroupLog, change: RaftChange): void {
    if (!part.isDirty) {
      part.isDirty = true
      this.#dirty.push(part)
    }
    const record = { kind: 'grouped', group: part.number, record: change } as const
    if (change.kind === 'hard-state') {
      // The first of two copies, and what keeps them out of one sector.
      writeSharedRecord(this.#pending, record)
      writeRecord(this.#pending, { kind: 'padding', length: sectorBytes })
    }
    if (replacesEntries(part.saved, change)) this.#host.check.reachable('a conflicting tail is replaced')
    writeSharedRecord(this.#pending, record)
  }

  async settled(part: GroupLog): Promise<void> {
    while (part.durableToken < part.saved.token) {
      this.flush()
      await this.#batch
    }
  }

  #add(part: GroupLog): void {
    this.#parts.set(part.number, part)
    this.#byName.set(part.name, part)
  }

  #remove({ number, name }: GroupLog): void {
    this.#parts.delete(number)
    this.#byName.delete(name)
    this.#hasLeft = true
    this.#departures.set(name, (this.#departures.get(name) ?? 0) + 1)
  }

  async #writeBatches(): Promise<void> {
    this.#isFlushing = true
    while (!this.#pending.isEmpty) {
      this.#batch = this.#writeBatch()
      await this.#batch
    }
    this.#isFlushing = false
  }

  async #writeBatch(): Promise<void> {
    try {
      await this.#write()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#host.exit(`the write-ahead log cannot be written: ${error.message}`)
    }
  }

  async #write(): Promise<void> {
    const batch = this.#pending
    this.#pending = this.#spare
    this.#spare = batch
    const dirty = this.#dirty
    this.#dirty = []
    const leaving = this.#leaving
    this.#leaving = []
    // The newest batch may rot, and the log goes on without it: what it says lets nothing go before another follows.
    const past = this.#mayDrop ? this.#segments.held.filter((old) => this.#isPast(old.held)).map((old) => old.held) : []
    let mayDrop = leaving.length > 0
    for (const part of dirty) mayDrop = part.handOver() || mayDrop
    if (dirty.length > 1) this.#host.check.reachable('groups share a sync')
    const segments = this.#segments
    const begins = this.#isFull()
    if (begins) await this.#beginSegment()
    const { held } = segments.held[segments.held.length - 1] as { readonly held: Map<number, number> }
    for (const { number, handed } of dirty) if (handed.highestIndex > (held.get(number) ?? 0)) held.set(number, handed.highestIndex)
    await segments.write(batch)
    batch.clear()
    for (const part of dirty) part.becameDurable()
    for (const part of leaving) this.#remove(part)
    if (!begins && past.length > 0) await segments.drop((old) => past.includes(old))
    this.#mayDrop = mayDrop || begins
  }

  /** What a segment repeats of older ones is not written again before as much has come to it: so repeating at most doubles what is written. */
  #isFull(): boolean {
    const { size, headBytes } = this.#segments
    return size >= this.#options.segmentBytes && size >= 2 * headBytes
  }

  #isPast(held: ReadonlyMap<number, number>): boolean {
    for (const [number, highestIndex] of held) {
      const part = this.#parts.get(number)
      if (part !== undefined && highestIndex > part.written.base.index) return false
    }
    return true
  }

  /** What every group's log said when the last batch was durable; of those that keep the oldest segment from going, with all their entries. */
  async #beginSegment(): Promise<void> {
    const older = this.#segments.held
    const oldest = older.length >= this.#options.mostSegments ? older[0]?.held : undefined
    const held = new Map<number, number>()
    const repeated = new Map<number, readonly Entry[]>()
    for (const [number, highestIndex] of oldest ?? []) {
      const part = this.#parts.get(number)
      if (part === undefined || part.isLeaving || highestIndex <= part.written.base.index || !part.isSettled) continue
      repeated.set(number, part.live().slice())
      held.set(number, part.written.lastIndex)
    }
    await this.#segments.begin(held, (place) => {
      const frame = beginHeader(place, this.#hasLeft)
      for (const { number, name, written } of this.#parts.values()) {
        const entries = repeated.get(number)
        writeGroup(frame, number, name, place, written, entries === undefined ? written.lastIndex + 1 : written.base.index + 1, entries ?? [])
      }
      return frame.seal(place.number, 0, 0)
    })
    if (repeated.size > 0) this.#host.check.reachable('an idle group is repeated in a new segment')
    for (const { held: before } of older) if (before !== held) for (const number of repeated.keys()) before.delete(number)
  }
}

interface RecoveredPart {
  readonly number: number
  readonly name: string
  readonly image: WalImage
  readonly from: number
  readonly entries: readonly Entry[]
}

/** A segment's own record: that of a log of one member, which says nothing here but the segment's place. And what outlives the segment that a group left in. */
function beginHeader(place: SegmentPlace, hasLeft: boolean): FrameBuffer {
  const frame = new FrameBuffer(1_024)
  writeRecord(frame, headerRecord(place, new WalImage(), 1, []))
  if (hasLeft) writeSharedRecord(frame, { kind: 'left', group: someGroup })
  return frame
}

function writeGroup(
  frame: FrameBuffer,
  group: number,
  name: string,
  place: SegmentPlace,
  state: Pick<WalTail, 'hardState' | 'suspect' | 'wiped' | 'base' | 'configuration' | 'expected'>,
  from: number,
  entries: readonly Entry[],
): void {
  writeSharedRecord(frame, { kind: 'named', group, name })
  writeSharedRecord(frame, { kind: 'grouped', group, record: headerRecord(place, state, from, entries) })
}
