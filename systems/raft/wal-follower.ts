import type { DurableFile, DurableView } from '../../sim/host/seam.js'
import { frameHeaderBytes, newFrameHeader, payloadIsWhole, readHeader } from './wal-frame.js'
import { type ReadRecord, readTerms, type SegmentHeader, TermReader } from './wal-record.js'
import { segmentName, segmentNumbers } from './wal-recovery.js'

/** Where the records of a log go that is followed from outside. */
export interface WalSink {
  /** The record is valid until the next one comes. */
  replay(record: ReadRecord<number>): void
  /** The log is gone: another may come in its place. */
  reset(): void
}

/**
 * Follows the segments of a write-ahead log from outside, on what is durable of them. Reads every byte once. It shares the format with the log, none of its
 * decisions: damage is not judged, the follower only stops before it.
 */
export class WalFollower {
  readonly #sink: WalSink
  readonly #view: DurableView
  readonly #directory: string
  #changes = -1
  /** The segment that is being read, 0 before the first; its path, that of the segment most likely to follow, and how far it has been read. */
  #number = 0
  #previous = 0
  #path = ''
  #file: DurableFile | null = null
  /** A segment that may follow has a name, and is not whole yet. */
  #isExpecting = true
  #nextPath: string
  #offset = 0
  /** Size of the segment when it was read last. */
  #size = 0
  /** The life of the member that wrote the segment: a later one may have left out numbers. */
  #incarnation = 0
  readonly #frame = newFrameHeader()
  readonly #records = new TermReader()

  constructor(view: DurableView, directory: string, sink: WalSink) {
    this.#sink = sink
    this.#view = view
    this.#directory = directory
    this.#nextPath = this.#pathOf(1)
  }

  /** The life of the member that wrote the newest segment. */
  get incarnation(): number {
    return this.#incarnation
  }

  /** Takes in what became durable since the last call; `incarnation` is the member's life. Answers whether anything did. */
  follow(incarnation: number): boolean {
    const { changes } = this.#view
    if (changes === this.#changes) return false
    // One sync makes one file longer: if that is known to be another's, nothing is new here; if it is this one's, no other segment began.
    const changed = changes === this.#changes + 1 ? this.#view.lastChanged : null
    this.#changes = changes
    if (changed === null) this.#file = this.#number === 0 ? null : this.#view.file(this.#path)
    else if (changed !== this.#file && !this.#isExpecting && incarnation === this.#incarnation) return false
    let isNew = this.#readSegment()
    if (!isNew || changed === null) {
      while (this.#enterNext(incarnation)) isNew = true
    }
    return isNew
  }

  #readSegment(): boolean {
    if (this.#number === 0) return false
    const file = this.#file
    if (file === null) this.#reset()
    if (file === null || file.durableSize === this.#size) return false
    this.#size = file.durableSize
    const read = this.#replay(file.viewDurable(this.#offset))
    this.#offset += read
    return read > 0
  }

  /** Replays the whole frames at the front of `bytes`; answers how many bytes those are. */
  #replay(bytes: Uint8Array): number {
    const frame = this.#frame
    let at = 0
    while (readHeader(bytes, at, this.#number, this.#offset + at, frame) && payloadIsWhole(bytes, at, this.#number, this.#offset + at, frame)) {
      const payload = at + frameHeaderBytes
      const record = this.#records.read(bytes, payload, payload + frame.length)
      if (record === null) break
      this.#sink.replay(record)
      at = payload + frame.length
    }
    return at
  }

  /** Goes on to the segment that continues this one, or takes its place, when its header is durable. */
  #enterNext(incarnation: number): boolean {
    const next = this.#view.file(this.#nextPath)
    this.#isExpecting = next !== null
    if (next !== null && this.#enter(next, this.#nextPath, this.#number + 1)) return true
    if (incarnation === this.#incarnation && this.#number > 0) return false
    const numbers = segmentNumbers(this.#view.list(this.#directory))
    for (const number of numbers) {
      const path = this.#pathOf(number)
      const file = number > this.#number ? this.#view.file(path) : null
      if (file !== null && this.#enter(file, path, number)) return true
    }
    return false
  }

  #enter(file: DurableFile, path: string, number: number): boolean {
    const bytes = file.viewDurable(0)
    const header = headerOf(bytes, number)
    if (header === null) return false
    // A segment that was set aside at a start is followed by one that continues its predecessor and repeats what it held.
    if (this.#number > 0 && header.previous !== this.#number && header.previous !== this.#previous) return false
    this.#number = number
    this.#previous = header.previous
    this.#path = path
    this.#file = file
    this.#nextPath = this.#pathOf(number + 1)
    this.#incarnation = header.incarnation
    this.#size = bytes.length
    this.#offset = 0
    this.#offset = this.#replay(bytes)
    return true
  }

  #reset(): void {
    this.#sink.reset()
    this.#number = 0
    this.#offset = 0
    this.#size = 0
    this.#incarnation = 0
    this.#nextPath = this.#pathOf(1)
  }

  #pathOf(number: number): string {
    return `${this.#directory}/${segmentName(number)}`
  }
}

/** The header of segment `number`, when the bytes begin with the whole of it. */
function headerOf(bytes: Uint8Array, number: number): SegmentHeader<number> | null {
  const frame = newFrameHeader()
  if (!readHeader(bytes, 0, number, 0, frame) || !payloadIsWhole(bytes, 0, number, 0, frame)) return null
  const record = readTerms(bytes, frameHeaderBytes, frameHeaderBytes + frame.length)
  return record?.kind === 'segment' ? record : null
}
