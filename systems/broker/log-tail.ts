import { batchCrc, batchSize, leaderEpoch, nextOffset, stampBatch } from './record-batch.js'

/** A batch in memory. */
export interface TailBatch {
  readonly baseOffset: number
  readonly nextOffset: number
  /** A view on memory shared with its neighbours. */
  readonly bytes: Uint8Array
  /** Chained hash of the log up to and with this batch. */
  readonly chain: number
}

/**
 * The newest batches of a log, in memory: all that are not written yet, and as many older ones as the cache's bytes allow. Batches are numbered
 * from 0 in an incarnation, so that an observer who remembers a number sees each batch once.
 */
export class LogTail {
  #batches: TailBatch[] = []
  /** Batches before this place in the array are evicted. */
  #head = 0
  #evicted = 0
  #bytes = 0
  #chunk = new Uint8Array(0)
  #used = 0
  readonly #cacheBytes: number

  constructor(cacheBytes: number) {
    this.#cacheBytes = cacheBytes
  }

  /** Number of the first batch still in memory. */
  get first(): number {
    return this.#evicted
  }

  /** Number that the next batch will have. */
  get end(): number {
    return this.#evicted + this.#batches.length - this.#head
  }

  batch(number: number): TailBatch | undefined {
    return number < this.#evicted ? undefined : this.#batches[this.#head + number - this.#evicted]
  }

  /** Copies a batch in, stamped with its place in the log. */
  append(batch: Uint8Array, baseOffset: number, epoch: number, chain: number): TailBatch {
    const size = batchSize(batch, 0)
    if (this.#used + size > this.#chunk.length) {
      this.#chunk = new Uint8Array(Math.max(chunkBytes, size))
      this.#used = 0
    }
    const bytes = this.#chunk.subarray(this.#used, this.#used + size)
    this.#used += size
    bytes.set(batch)
    stampBatch(bytes, 0, baseOffset, epoch)
    const appended = { baseOffset, nextOffset: nextOffset(bytes, 0), bytes, chain: chained(chain, bytes, 0) }
    this.#batches.push(appended)
    this.#bytes += size
    return appended
  }

  /** Whole batches from the one that holds `offset` on, up to `limit`, in at most `maxBytes` but at least one: a view. null: not in memory. */
  read(offset: number, maxBytes: number, limit: number): Uint8Array | null {
    let number = this.#find(offset)
    const first = this.batch(number)
    if (first === undefined || first.baseOffset > offset) return null
    const start = first.bytes.byteOffset
    let end = start + first.bytes.length
    for (;;) {
      const next = this.batch(++number)
      if (next === undefined || next.bytes.buffer !== first.bytes.buffer || next.bytes.byteOffset !== end) break
      if (next.nextOffset > limit || end + next.bytes.length - start > maxBytes) break
      end += next.bytes.length
    }
    return new Uint8Array(first.bytes.buffer, start, end - start)
  }

  /** The chained hash up to `offset`, when it is a batch's end that is still in memory. */
  chainAt(offset: number): number | undefined {
    const batch = this.batch(this.#find(offset - 1))
    return batch?.nextOffset === offset ? batch.chain : undefined
  }

  /** Lets go of what lies before `writtenOffset` and beyond the cache's bytes. */
  evict(writtenOffset: number): void {
    while (this.#bytes > this.#cacheBytes) {
      const oldest = this.#batches[this.#head]
      if (oldest === undefined || oldest.nextOffset > writtenOffset) break
      this.#bytes -= oldest.bytes.length
      this.#head++
      this.#evicted++
    }
    if (this.#head > 64 && this.#head * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head)
      this.#head = 0
    }
  }

  /** Forgets all batches; numbers go on. */
  clear(): void {
    this.#evicted = this.end
    this.#batches = []
    this.#head = 0
    this.#bytes = 0
  }

  /** Number of the batch that holds `offset`, or of the next one. */
  #find(offset: number): number {
    let low = this.#head
    let high = this.#batches.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#batches[middle] as TailBatch).nextOffset <= offset) low = middle + 1
      else high = middle
    }
    return this.#evicted + low - this.#head
  }
}

const chunkBytes = 16_384

/** Folds a stamped batch's CRC, and its leader epoch that the CRC leaves out, into the chained hash of what came before: equal hashes mean equal logs. */
export function chained(chain: number, bytes: Uint8Array, at: number): number {
  const mixed = Math.imul(chain ^ batchCrc(bytes, at) ^ Math.imul(leaderEpoch(bytes, at), 0x85ebca6b), 0x9e3779b1)
  return ((mixed ^ (mixed >>> 15)) + 0x6d2b79f5) | 0
}
