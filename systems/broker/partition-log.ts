import type { Disk } from '../../sim/host/seam.js'
import { makeDurableDirectory } from '../raft/durable-directory.js'
import { CorruptSnapshot } from '../raft/errors.js'
import { CorruptLog } from '../raft/wal-recovery.js'
import { decodeCheckpoint, encodeCheckpoint, type LogCheckpoint } from './log-checkpoint.js'
import { findTimestamp, readBatches } from './log-reader.js'
import { loadSegment, recoverSegments, segmentPath } from './log-recovery.js'
import { batchesOf, decodeSnapshot, encodeSnapshot } from './log-snapshot.js'
import { chained, LogTail, type TailBatch } from './log-tail.js'
import { baseOffset, batchSize, maxTimestamp } from './record-batch.js'
import { removeDirectory } from './remove-directory.js'
import { Segment, segmentOf } from './segment.js'
import { SegmentWriter } from './segment-writer.js'

export interface LogOptions {
  /** A segment rolls when a batch would take it beyond. */
  readonly segmentBytes: number
  /** A segment rolls when a batch's timestamp is so much later than the segment's first; milliseconds. */
  readonly segmentMillis: number
  /** Bytes of batches per entry of the indexes. */
  readonly indexIntervalBytes: number
  /** Newest batches kept in memory for readers, in bytes. */
  readonly cacheBytes: number
  /** Batches are written to their segment when so many bytes wait, or at a flush. */
  readonly writeBytes: number
}
export const logDefaults: LogOptions = {
  segmentBytes: 1024 ** 3,
  segmentMillis: 7 * 24 * 3_600_000,
  indexIntervalBytes: 4_096,
  cacheBytes: 256 * 1024,
  writeBytes: 64 * 1024,
}

/** How far the replicated log is applied, and the producers' state that belongs to it. */
export interface Covered {
  readonly index: number
  readonly term: number
  readonly producers: Uint8Array
}

/**
 * A partition's log on disk: batches in segments with sparse indexes, a tail in memory, and a checkpoint that says which of it counts. It keeps
 * only what the replicated log has committed, and may lag behind it: what the last flush did not cover is applied again after a crash.
 *
 *     <directory>/checkpoint            replaced atomically
 *     <directory>/<generation>/*.log    the checkpoint's generation counts, others are left from a crash
 */
export class PartitionLog {
  readonly tail: LogTail
  startOffset = 0
  /** The offset that the next batch gets. */
  endOffset = 0
  /** Chained hash of all batches: equal in two replicas that hold the same log. */
  chain = 0
  /** Snapshots installed in this incarnation: each may have moved the end beyond the next batch. */
  installs = 0
  readonly #disk: Disk
  readonly #directory: string
  readonly #options: LogOptions
  readonly #failed: (error: unknown) => void
  #writer: SegmentWriter
  #generation = 1
  #segments: Segment[] = []
  /** Settles when the flush, capture or installation before is done. */
  #turn: Promise<unknown> = Promise.resolve()
  /** No generation above has a directory. */
  #newest = 1
  /** Directories of generations that the next checkpoint makes obsolete. */
  #damagedGenerations: string[] = []
  #onDamage: (error: CorruptLog) => void = () => {}

  private constructor(disk: Disk, directory: string, options: LogOptions, failed: (error: unknown) => void) {
    this.#disk = disk
    this.#directory = directory
    this.#options = options
    this.#failed = failed
    this.tail = new LogTail(options.cacheBytes)
    this.#writer = this.#newWriter()
  }

  /**
   * Recovers what the checkpoint vouches for; `covered` is null when there is none. `damage`: that is not what the files hold, and the log is empty; they stay
   * until a checkpoint takes their place. `failed` hears of a write in the background that failed, after which the log must not be used. Throws `DiskError`.
   */
  static async open(
    disk: Disk,
    directory: string,
    options: LogOptions,
    failed: (error: unknown) => void,
  ): Promise<{ log: PartitionLog; covered: Covered | null; damage: CorruptLog | null }> {
    const log = new PartitionLog(disk, directory, options, failed)
    await makeDurableDirectory(disk, directory)
    try {
      return { log, covered: await twice(() => log.#recover()), damage: null }
    } catch (error) {
      if (!(error instanceof CorruptLog)) throw error
      await log.#beginAnew()
      return { log, covered: null, damage: error }
    }
  }

  /** `lost` hears of it when what is read is damaged: all of it has to be installed anew. */
  onDamage(lost: (error: CorruptLog) => void): void {
    this.#onDamage = lost
  }

  get checkpointPath(): string {
    return `${this.#directory}/checkpoint`
  }

  get segmentCount(): number {
    return this.#segments.length
  }

  /** Appends a whole batch, stamped with its offset and the leader's epoch; answers it as it is in memory. The argument is copied. */
  append(batch: Uint8Array, leaderEpoch: number): TailBatch {
    const appended = this.tail.append(batch, this.endOffset, leaderEpoch, this.chain)
    const segment = this.#roll(this.#segments, this.#generationDirectory, appended.bytes, this.chain)
    this.endOffset = appended.nextOffset
    this.chain = appended.chain
    this.#writer.add(segment, appended.bytes)
    if (this.#writer.waitingBytes >= this.#options.writeBytes) this.#writer.drain().catch(this.#failed)
    return appended
  }

  /**
   * Whole batches from the one that holds `offset` on, none reaching beyond `limit`, in at most `maxBytes` but at least one. `offset` lies in
   * [start, limit). A view while in memory. Rejects with `CorruptLog` and `DiskError`.
   */
  read(offset: number, maxBytes: number, limit: number): Uint8Array | Promise<Uint8Array> {
    return this.tail.read(offset, maxBytes, limit) ?? this.#readFile(offset, maxBytes, limit)
  }

  /** The first record whose timestamp (milliseconds) is at least this one's; null: none below `limit`. */
  async offsetForTimestamp(timestamp: number, limit: number): Promise<{ offset: number; timestamp: number } | null> {
    for (const segment of this.#segments) {
      await this.#readTwice(() => this.#load(segment))
      if (segment.maxTimestamp < timestamp) continue
      for (let offset = segment.baseOffset; offset < Math.min(segment.endOffset, limit); ) {
        const batches = await this.read(offset, this.#options.indexIntervalBytes, limit)
        const found = findTimestamp(batches, timestamp)
        if (found.record !== null) return found.record.offset < limit ? found.record : null
        offset = found.nextOffset
      }
    }
    return null
  }

  /** Makes all appended so far durable, and with it that the replicated log is applied as far as `covered` says. */
  flush(covered: Covered): Promise<void> {
    const checkpoint = this.#checkpoint(covered)
    const segments = this.#segments.slice()
    return this.#inTurn(async () => {
      await this.#writer.drain()
      await this.#makeDurable(segments, this.#generationDirectory)
      await this.#disk.replace(this.checkpointPath, encodeCheckpoint(checkpoint))
      await this.#removeDamaged()
    })
  }

  /** The whole log as it is now, as bytes for `install`. Rejects with `CorruptLog` when the files hold something else. */
  capture(covered: Covered): Promise<Uint8Array> {
    const checkpoint = this.#checkpoint(covered)
    const segments = this.#segments.slice()
    const active = segments.at(-1)
    const activeEnd = active?.size ?? 0
    return this.#inTurn(async () => {
      await this.#writer.drain()
      return this.#readTwice(async () => {
        const parts: Uint8Array[] = []
        for (const segment of segments) {
          await this.#load(segment)
          const file = await segment.file(this.#disk)
          parts.push(await file.readAt(0, segment === active ? activeEnd : segment.size))
        }
        if (batchesOf(checkpoint, parts) === null)
          throw new CorruptLog(`${this.#generationDirectory}: the files do not hold the log up to ${checkpoint.endOffset}`)
        return encodeSnapshot(checkpoint, parts)
      })
    })
  }

  /**
   * Replaces the log by a captured one, durably: the new generation is written and synced beside the old, and the checkpoint's replacement
   * decides between them. Answers what it covers. Nothing may be appended meanwhile. Rejects with `CorruptSnapshot` for damaged bytes, with
   * nothing changed.
   */
  install(bytes: Uint8Array): Promise<Covered> {
    return this.#inTurn(async () => {
      const snapshot = decodeSnapshot(bytes)
      if (snapshot === null) throw new CorruptSnapshot('the snapshot of a log is damaged')
      await this.#writer.abandon()
      const old = { segments: this.#segments, directory: this.#generationDirectory }
      const generation = ++this.#newest
      const directory = `${this.#directory}/${generation}`
      await makeDurableDirectory(this.#disk, directory)
      const segments: Segment[] = []
      const writer = this.#newWriter()
      let chain = 0
      for (const batch of snapshot.batches) {
        writer.add(this.#roll(segments, directory, batch, chain), batch)
        chain = chained(chain, batch, 0)
      }
      await writer.drain()
      await this.#makeDurable(segments, directory)
      const active = segments.at(-1)
      const checkpoint = {
        ...snapshot.checkpoint,
        generation,
        segment: active?.baseOffset ?? snapshot.checkpoint.endOffset,
        position: active?.size ?? 0,
        segmentChain: active?.baseChain ?? chain,
      }
      await this.#disk.replace(this.checkpointPath, encodeCheckpoint(checkpoint))
      this.#writer = writer
      this.#segments = segments
      this.tail.clear()
      this.installs++
      this.#adopt(checkpoint)
      for (const segment of old.segments) await segment.close()
      await removeDirectory(this.#disk, old.directory)
      await this.#removeDamaged()
      return checkpoint
    })
  }

  /** The next batch begins a new segment. */
  seal(): void {
    const active = this.#segments.at(-1)
    if (active !== undefined) active.isSealed = true
  }

  /** Closes its files, after what is under way. What is appended then is not kept. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#writer.drain()
      for (const segment of this.#segments) await segment.close()
    })
  }

  get #generationDirectory(): string {
    return `${this.#directory}/${this.#generation}`
  }

  async #recover(): Promise<LogCheckpoint | null> {
    const disk = this.#disk
    const bytes = await disk.readFile(this.checkpointPath)
    const checkpoint = bytes === null ? null : decodeCheckpoint(bytes)
    if (bytes !== null && checkpoint === null) throw new CorruptLog(`${this.checkpointPath} is damaged`)
    if (checkpoint !== null) this.#generation = checkpoint.generation
    for (const generation of await this.#generationsOnDisk()) {
      if (generation !== checkpoint?.generation) await removeDirectory(disk, `${this.#directory}/${generation}`)
    }
    await makeDurableDirectory(disk, this.#generationDirectory)
    if (checkpoint === null) return null
    this.#segments = await recoverSegments(disk, this.#generationDirectory, checkpoint, this.#options.indexIntervalBytes)
    this.#adopt(checkpoint)
    return checkpoint
  }

  /** An empty log in a generation of its own; the old ones are still what the checkpoint speaks of. */
  async #beginAnew(): Promise<void> {
    const generations = await this.#generationsOnDisk()
    this.#damagedGenerations = generations.map((generation) => `${this.#directory}/${generation}`)
    this.#generation = Math.max(0, ...generations) + 1
    this.#newest = this.#generation
    await makeDurableDirectory(this.#disk, this.#generationDirectory)
  }

  async #generationsOnDisk(): Promise<number[]> {
    return (await this.#disk.list(this.#directory)).filter((name) => /^\d+$/.test(name)).map(Number)
  }

  async #removeDamaged(): Promise<void> {
    for (const directory of this.#damagedGenerations.splice(0)) await removeDirectory(this.#disk, directory)
  }

  #checkpoint(covered: Covered): LogCheckpoint {
    const active = this.#segments.at(-1)
    return {
      generation: this.#generation,
      index: covered.index,
      term: covered.term,
      startOffset: this.startOffset,
      endOffset: this.endOffset,
      chain: this.chain,
      segment: active?.baseOffset ?? this.endOffset,
      position: active?.size ?? 0,
      segmentChain: active?.baseChain ?? this.chain,
      producers: covered.producers,
    }
  }

  #adopt(checkpoint: LogCheckpoint): void {
    this.#generation = checkpoint.generation
    this.#newest = Math.max(this.#newest, checkpoint.generation)
    this.startOffset = checkpoint.startOffset
    this.endOffset = checkpoint.endOffset
    this.chain = checkpoint.chain
  }

  /** Adds a stamped batch to the last of the segments, or to a new one where the last is full or old. `chain` is the hash of the log before it. */
  #roll(segments: Segment[], directory: string, batch: Uint8Array, chain: number): Segment {
    let active = segments[segments.length - 1]
    const full = active !== undefined && (active.isSealed || active.size + batchSize(batch, 0) > this.#options.segmentBytes)
    if (active === undefined || full || maxTimestamp(batch, 0) - active.firstTimestamp > this.#options.segmentMillis) {
      const base = baseOffset(batch, 0)
      active = new Segment(segmentPath(directory, base), base, chain)
      segments.push(active)
    }
    active.add(batch, 0, this.#options.indexIntervalBytes)
    return active
  }

  /** Syncs what is written of these segments, and their names. */
  async #makeDurable(segments: readonly Segment[], directory: string): Promise<void> {
    let named = true
    for (const segment of segments) {
      named &&= segment.named
      const { written } = segment
      if (segment.synced === written) continue
      await (await segment.file(this.#disk)).sync()
      segment.synced = written
    }
    if (named) return
    await this.#disk.syncDirectory(directory)
    for (const segment of segments) segment.named = true
  }

  async #readFile(offset: number, maxBytes: number, limit: number): Promise<Uint8Array> {
    const { installs } = this
    const segment = segmentOf(this.#segments, offset)
    if (segment === undefined) throw new CorruptLog(`${this.#directory}: no segment holds offset ${offset}`)
    try {
      const bytes = await this.#readTwice(async () => {
        await this.#load(segment)
        return readBatches(this.#disk, segment, offset, maxBytes, limit, this.#options.indexIntervalBytes)
      })
      if (installs === this.installs) return bytes
    } catch (error) {
      if (installs === this.installs) throw error
    }
    // A snapshot took the place of the file that was being read.
    return this.read(offset, maxBytes, limit)
  }

  /** What cannot be made sense of twice is damaged, and told. */
  async #readTwice<T>(read: () => Promise<T>): Promise<T> {
    const { installs } = this
    try {
      return await twice(read)
    } catch (error) {
      if (error instanceof CorruptLog && installs === this.installs) this.#onDamage(error)
      throw error
    }
  }

  /** What recovery did not read is read at its first use. */
  async #load(segment: Segment): Promise<void> {
    if (!segment.isLoaded) await segment.loaded(() => loadSegment(this.#disk, segment, this.#options.indexIntervalBytes))
  }

  #newWriter(): SegmentWriter {
    return new SegmentWriter(this.#disk, (offset) => this.tail.evict(offset))
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(task)
    // The next in turn runs whatever became of this one, whose failure is its caller's to see.
    this.#turn = turn.catch(() => {})
    return turn
  }
}

/** A device may read the wrong sector once: what makes no sense is read again. */
async function twice<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof CorruptLog) return read()
    throw error
  }
}
