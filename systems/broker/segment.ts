import type { Disk, File } from '../../sim/host/seam.js'
import { batchSize, maxTimestamp, nextOffset } from './record-batch.js'
import { SparseIndex } from './sparse-index.js'

/**
 * A run of a log's batches in one file named for its first offset, with its indexes. The indexes live in memory only: recovery reads every
 * batch anyway and builds them anew.
 */
export class Segment {
  /** The offset after the last batch. */
  endOffset: number
  /** Bytes of all batches, those still in memory included. */
  size = 0
  /** Bytes in the file. */
  written = 0
  /** Bytes of the file that a sync covered. */
  synced = 0
  /** Its name in the directory is durable. */
  named = false
  /** The next batch begins another segment, whatever fits. */
  isSealed = false
  /** Timestamp of the first batch, for rolling by age; milliseconds. */
  firstTimestamp = 0
  /** Relative offset to position. */
  readonly offsets = new SparseIndex()
  /** Greatest timestamp before a position to that position. */
  readonly times = new SparseIndex()
  maxTimestamp = Number.NEGATIVE_INFINITY
  /** Whether indexes and sizes are known. */
  isLoaded = true
  #unindexed = 0
  #file: Promise<File> | null = null
  #loading: Promise<void> | null = null

  constructor(
    readonly path: string,
    readonly baseOffset: number,
    /** Chained hash of the log before the segment. */
    public baseChain: number,
  ) {
    this.endOffset = baseOffset
  }

  /** One that recovery found: durable under its name, not read yet. */
  static found(path: string, baseOffset: number): Segment {
    const segment = new Segment(path, baseOffset, 0)
    segment.named = true
    segment.isLoaded = false
    return segment
  }

  /** Loads it once; a failed load is tried anew by the next use. */
  loaded(load: () => Promise<void>): Promise<void> {
    if (this.#loading !== null) return this.#loading
    const loading = load()
    this.#loading = loading
    const done = () => {
      this.#loading = null
    }
    loading.then(done, done)
    return loading
  }

  /** Back to where nothing of it was read. */
  forget(): void {
    this.endOffset = this.baseOffset
    this.size = 0
    this.offsets.clear()
    this.times.clear()
    this.maxTimestamp = Number.NEGATIVE_INFINITY
    this.#unindexed = 0
  }

  /** Takes a stamped batch into account at the segment's end. The indexes get an entry per `indexIntervalBytes` of batches. */
  add(bytes: Uint8Array, at: number, indexIntervalBytes: number): void {
    const size = batchSize(bytes, at)
    const timestamp = maxTimestamp(bytes, at)
    if (this.size === 0) this.firstTimestamp = timestamp
    if (this.#unindexed >= indexIntervalBytes) {
      this.offsets.add(this.endOffset - this.baseOffset, this.size)
      this.times.add(this.maxTimestamp, this.size)
      this.#unindexed = 0
    }
    if (timestamp > this.maxTimestamp) this.maxTimestamp = timestamp
    this.endOffset = nextOffset(bytes, at)
    this.size += size
    this.#unindexed += size
  }

  /** Opened at first use and kept open; a failed open is tried anew by the next use. */
  file(disk: Disk): Promise<File> {
    if (this.#file !== null) return this.#file
    const opening = disk.open(this.path, { create: true })
    this.#file = opening
    opening.catch(() => {
      this.#file = null
    })
    return opening
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = null
    if (file !== null) (await file).close()
  }
}

/** The segment that holds `offset`, of segments in order. */
export function segmentOf(segments: readonly Segment[], offset: number): Segment | undefined {
  let low = 0
  let high = segments.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((segments[middle] as Segment).baseOffset <= offset) low = middle + 1
    else high = middle
  }
  return segments[low - 1]
}

/** Twenty digits, as Kafka names them: names sort as offsets do. */
export function segmentName(baseOffset: number): string {
  return `${String(baseOffset).padStart(20, '0')}.log`
}

/** null: not a segment's name. */
export function segmentOffset(name: string): number | null {
  return /^\d{20}\.log$/.test(name) ? Number(name.slice(0, 20)) : null
}
