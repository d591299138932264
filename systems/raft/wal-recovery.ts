import { SeedfallError } from '../../sim/host/errors.js'
import type { Disk } from '../../sim/host/seam.js'
import { crc32c } from './crc32c.js'
import type { Entry } from './messages.js'
import type { WalContent } from './wal-content.js'
import {
  type FrameHeader,
  frameHeaderBytes,
  hasBlankSector,
  isBlank,
  newFrameHeader,
  payloadIsWhole,
  placeSeed,
  readHeader,
  sectorBytes,
  word32,
} from './wal-frame.js'
import { type ReadRecord, readRecord, readTerms, type SegmentHeader } from './wal-record.js'

/**
 * What a crash left of a write-ahead log, and what that may mean.
 *
 * Segments are only appended to, one batch at a time: a batch is one write and one sync, and no other begins before it is durable. Every frame says where its
 * batch began (all before is durable) and where it ends. So, for the first damaged place of the last segment:
 *
 * - **Corrupt**, certainly: a later frame says that this place was durable. The member refuses to start. (In any earlier segment all damage is of this sort.)
 * - **Torn**, certainly: the file ends before the batch does, or a frame's header or some sector's share of a frame is blank that was not written blank. The
 *   batch was never synced, nothing in it was acknowledged, and it is cut off. This takes for granted that decay flips bits, and neither shortens a file nor
 *   blanks a sector.
 * - Otherwise it cannot be told: the batch may have been lost half-way with rubbish in a sector, or have decayed after it was acknowledged. It is cut off, and
 *   the member is **suspect**. A copy of the hard state in another sector is still used: term and vote survive any one damaged sector.
 *
 * What cannot be told at all: decay that blanks or cuts off exactly the newest batch looks like a torn tail.
 */
export interface WalRecovery<Held> {
  /** There is no log: not one segment with a whole beginning. */
  readonly isNew: boolean
  /** The last batch was damaged, and it cannot be told whether it had been acknowledged. */
  readonly isSuspect: boolean
  /** The end of the newest segment was damaged, and is cut off. */
  readonly isCut: boolean
  /** Segments that count, oldest first. */
  readonly segments: readonly { readonly number: number; readonly held: Held }[]
  /** Number of the last segment that counts, 0 without one; and how many of its bytes are known to be durable. */
  readonly last: number
  readonly durableEnd: number
  /** Files that do not count: torn when they were created, or removed without that having become durable. */
  readonly leftovers: readonly number[]
  readonly highestNumber: number
}

/** The log was damaged where it had been durable: nothing may be concluded from it. */
export class CorruptLog extends SeedfallError {
  readonly code = 'corrupt-log'
}

export const segmentName = (number: number): string => `${String(number).padStart(8, '0')}.wal`

/** Numbers of the segments among `names`, ascending. */
export function segmentNumbers(names: readonly string[]): number[] {
  return names.filter((name) => /^\d{8}\.wal$/.test(name)).map((name) => Number.parseInt(name, 10))
}

/** Reads the log in `directory` into `content`; throws `CorruptLog`, or the disk's error. Changes nothing on the disk. */
export async function recoverLog<Held>(disk: Disk, directory: string, content: WalContent<Held>): Promise<WalRecovery<Held>> {
  const scans: SegmentScan[] = []
  const numbers = segmentNumbers(await disk.list(directory))
  for (const number of numbers) {
    const bytes = await disk.readFile(`${directory}/${segmentName(number)}`)
    if (bytes !== null) scans.push(scanSegment(bytes, number))
  }
  return assemble(scans, content)
}

function assemble<Held>(scans: readonly SegmentScan[], content: WalContent<Held>): WalRecovery<Held> {
  const leftovers: number[] = []
  let isSuspect = false
  let position = scans.length - 1
  // Segments whose very first batch was lost were never used.
  for (; position >= 0 && (scans[position] as SegmentScan).header === null; position--) {
    const scan = scans[position] as SegmentScan
    if (judge(scan)) isSuspect = true
    leftovers.push(scan.number)
  }
  const chain: SegmentScan[] = []
  for (let wanted = scans[position]?.number ?? 0; position >= 0; position--) {
    const scan = scans[position] as SegmentScan
    if (scan.number === wanted) {
      if (scan.header === null) throw new CorruptLog(`segment ${scan.number} of the write-ahead log is damaged at its start`)
      chain.unshift(scan)
      wanted = scan.header.previous
    } else leftovers.push(scan.number)
  }

  const segments: { number: number; held: Held }[] = []
  let durableEnd = 0
  for (let i = 0; i < chain.length; i++) {
    const scan = chain[i] as SegmentScan
    const next = chain[i + 1]?.header
    let end = scan.end
    if (next) {
      end = next.previousEnd
      if (scan.end < end) throw new CorruptLog(`segment ${scan.number} of the write-ahead log is damaged at ${scan.end}; it had been durable up to ${end}`)
    } else {
      if (judge(scan)) isSuspect = true
      durableEnd = scan.durable
    }
    for (const { record, start } of scan.frames) {
      if (start >= end) break
      const mistake = content.take(record, next !== undefined || start < scan.durable)
      if (mistake) throw new CorruptLog(`segment ${scan.number} of the write-ahead log at ${start}: ${mistake}`)
    }
    segments.push({ number: scan.number, held: content.endSegment() })
  }
  for (const scan of scans) if (scan.number >= (chain.at(-1)?.number ?? 0)) for (const record of scan.stray) content.takeStray(record)
  if (content.mistake) throw new CorruptLog(`the write-ahead log: ${content.mistake}`)
  const newest = chain.at(-1)
  let last = newest?.number ?? 0
  if (newest?.header && durableEnd === 0) {
    // Not even its header is known to be durable: the next segment takes its place.
    leftovers.push(newest.number)
    segments.pop()
    last = newest.header.previous
    durableEnd = newest.header.previousEnd
  }
  const highestNumber = scans.at(-1)?.number ?? 0
  return {
    isNew: chain.length === 0,
    isCut: scans.length > 0 && scans[scans.length - 1]?.damage !== 'none',
    isSuspect,
    segments,
    last,
    durableEnd,
    leftovers,
    highestNumber,
  }
}

/** Throws when the damage is certainly later than the sync; answers whether that cannot be told. */
function judge(scan: SegmentScan): boolean {
  if (scan.end < scan.durable) {
    throw new CorruptLog(`segment ${scan.number} of the write-ahead log is damaged at ${scan.end}; it had been durable up to ${scan.durable}`)
  }
  return scan.damage === 'unknown'
}

interface SegmentScan {
  readonly number: number
  /** null: what it begins with is damaged. */
  readonly header: SegmentHeader | null
  readonly frames: readonly { readonly record: ReadRecord<Entry>; readonly start: number }[]
  /** Where the whole frames end. */
  readonly end: number
  /** The highest place that any frame, those after the damage included, says was durable. */
  readonly durable: number
  readonly damage: 'none' | 'torn' | 'unknown'
  /** What whole frames after the damage say. */
  readonly stray: readonly ReadRecord<number>[]
}

function scanSegment(bytes: Uint8Array, number: number): SegmentScan {
  const frames: { record: ReadRecord<Entry>; start: number }[] = []
  const header = newFrameHeader()
  let durable = 0
  let batchEnd = 0
  let headEnd = 0
  let at = 0
  while (at < bytes.length) {
    if (!readHeader(bytes, at, number, at, header)) break
    if (!payloadIsWhole(bytes, at, number, at, header)) break
    const payload = at + frameHeaderBytes
    const record = readRecord(bytes, payload, payload + header.length)
    if (record === null) throw new CorruptLog(`segment ${number} of the write-ahead log at ${at}: a record that this version does not know`)
    if (frames.length === 0 && record.kind !== 'segment') throw new CorruptLog(`segment ${number} of the write-ahead log does not begin with its header`)
    if (frames.length === 0) headEnd = header.batchEnd
    frames.push({ record, start: at })
    durable = Math.max(durable, header.durable)
    batchEnd = header.batchEnd
    at = payload + header.length
  }
  const first = frames[0]?.record
  // What a segment begins with counts as a whole only: cut short it would replace the end of the segment before, and not hold what was there.
  const segment = first?.kind === 'segment' && at >= headEnd ? first : null
  if (at === bytes.length && first !== undefined) {
    // A file that ends between two frames of one batch was cut off before its sync.
    return { number, header: segment, frames: segment === null ? [] : frames, end: at, durable, damage: batchEnd > at ? 'torn' : 'none', stray: [] }
  }
  const beyond = strayFrames(bytes, number, at)
  const isTorn = batchEnd > bytes.length || beyond.batchEnd > bytes.length || wasNeverWhole(bytes, number, at)
  return { number, header: segment, frames, end: at, durable: Math.max(durable, beyond.durable), damage: isTorn ? 'torn' : 'unknown', stray: beyond.records }
}

/** What whole frames after a damaged place say. Their place is not known, so every place is tried. */
function strayFrames(bytes: Uint8Array, number: number, damaged: number): { durable: number; batchEnd: number; records: ReadRecord<number>[] } {
  const header = newFrameHeader()
  const found = { durable: 0, batchEnd: 0, records: [] as ReadRecord<number>[] }
  for (let at = damaged; at + frameHeaderBytes <= bytes.length; at++) {
    if (!readHeader(bytes, at, number, at, header)) continue
    found.durable = Math.max(found.durable, header.durable)
    found.batchEnd = Math.max(found.batchEnd, header.batchEnd)
    if (!payloadIsWhole(bytes, at, number, at, header)) continue
    const payload = at + frameHeaderBytes
    const record = readTerms(bytes, payload, payload + header.length)
    if (record !== null) found.records.push(record)
  }
  return found
}

/** Does the damage at `at` show that the batch never reached the disk as a whole? Follows its frames as far as their headers can be read. */
function wasNeverWhole(bytes: Uint8Array, number: number, at: number): boolean {
  const header: FrameHeader = newFrameHeader()
  if (bytes.length === 0) return true
  while (at < bytes.length) {
    if (at + frameHeaderBytes > bytes.length) return true
    if (!readHeader(bytes, at, number, at, header)) return headerIsLost(bytes, number, at)
    const end = at + frameHeaderBytes + header.length
    if (end > bytes.length) return true
    if (!header.hasBlankSector && hasBlankSector(bytes, at, end, 0)) return true
    at = end
  }
  return false
}

/** Is a sector's share of the header at `at` blank? No header has four such bytes at its start or end: they hold a checksum, and a place that is not 0. */
function headerIsLost(bytes: Uint8Array, number: number, at: number): boolean {
  const end = at + frameHeaderBytes
  const boundary = Math.min(end, at + sectorBytes - (at % sectorBytes))
  const [start, rest] = [boundary - at, end - boundary]
  if (isBlank(bytes, at, boundary)) return start >= 4 || lacksStart(bytes, number, at, start)
  return rest > 0 && isBlank(bytes, boundary, end) && (rest >= 4 || lacksEnd(bytes, number, at, rest))
}

/** Fewer than four bytes of zeros may be what was written. They are not where what is left of the header's checksum is that of the rest. */
function lacksStart(bytes: Uint8Array, number: number, at: number, count: number): boolean {
  return word32(bytes, at) >>> (8 * count) === crc32c(bytes, at + 4, at + frameHeaderBytes, placeSeed(number, at)) >>> (8 * count)
}

/** Nor are they at the end where the checksum fits a batch that ends further on. */
function lacksEnd(bytes: Uint8Array, number: number, at: number, count: number): boolean {
  const end = at + frameHeaderBytes
  const header = bytes.slice(at, end)
  const view = new DataView(header.buffer)
  const step = 2 ** (8 * (4 - count))
  const known = view.getUint32(frameHeaderBytes - 4, true) % step
  for (let batchEnd = known; batchEnd <= Math.min(end + largestBatchBytes, 0xffff_ffff); batchEnd += step) {
    if (batchEnd <= end) continue
    view.setUint32(frameHeaderBytes - 4, batchEnd, true)
    if (word32(header, 0) === crc32c(header, 4, frameHeaderBytes, placeSeed(number, at))) return true
  }
  return false
}

/** Far more than goes out in one write: how far the end of a batch is looked for. */
const largestBatchBytes = 1 << 26
