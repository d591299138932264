import { mix } from '../kernel/mix.js'
import { pageBytes, sectorBytes, sectorsPerPage } from './geometry.js'
import type { PageFate } from './power-loss.js'

/** One write to one page that is not durable yet. The page cache holds the newest version; older ones are had by undoing. */
export interface PageWrite {
  /** Rises with every change to the disk. */
  readonly sequence: number
  readonly page: number
  /** Byte offsets in the file. */
  readonly start: number
  readonly end: number
  /** The bytes before the write; null: zeros, for it went past the end of the file. */
  readonly undo: Uint8Array | null
  /** Part of a shrinking truncation: survives if and only if the new size does. */
  readonly truncation: boolean
  /** Several writes in one, with bytes between that none of them touched. */
  readonly isMerged: boolean
}

/** Version `version` of a page (0 precedes the first of `writes`, all writes to that page), taken from the cached file and written to `into`. */
export function pageVersion(into: Uint8Array, cached: Uint8Array, page: number, writes: readonly PageWrite[], version: number): void {
  const origin = page * pageBytes
  into.fill(0)
  if (origin < cached.length) into.set(cached.subarray(origin, Math.min(origin + pageBytes, cached.length)))
  for (let i = writes.length - 1; i >= version; i--) undoWrite(into, origin, writes[i] as PageWrite)
}

/** Undoes a write in `bytes`, which hold the file from `origin` on: the write may lie outside in part. */
export function undoWrite(bytes: Uint8Array, origin: number, write: PageWrite): void {
  const start = Math.max(write.start, origin)
  const end = Math.min(write.end, origin + bytes.length)
  if (start >= end) return
  if (write.undo === null) bytes.fill(0, start - origin, end - origin)
  else bytes.set(write.undo.subarray(start - write.start, end - write.start), start - origin)
}

/** So many versions of a page remain when some are given up. */
const keptVersions = 8

/**
 * Of all writes to a page, merges those that leave too many versions to remember: they survive together or not at all. Stay apart: the newest, those
 * up to `captured`, truncations and what precedes these.
 */
export function forgetVersions(writes: readonly PageWrite[], cached: Uint8Array, captured: number): readonly PageWrite[] {
  const end = writes.length - keptVersions
  let begin = end
  while (begin > 0 && (writes[begin - 1] as PageWrite).sequence > captured && !(writes[begin - 1] as PageWrite).truncation) begin--
  if (end - begin < 2) return writes
  const { page, sequence } = writes[end - 1] as PageWrite
  const merged = writes.slice(begin, end)
  const start = Math.min(...merged.map((write) => write.start))
  const stop = Math.max(...merged.map((write) => write.end))
  const before = new Uint8Array(pageBytes)
  pageVersion(before, cached, page, writes, begin)
  const undo = before.slice(start - page * pageBytes, stop - page * pageBytes)
  return [...writes.slice(0, begin), { sequence, page, start, end: stop, undo, truncation: false, isMerged: true }, ...writes.slice(end)]
}

/** Bit i: sector i of the page is touched by a write after version `from`, up to version `to`. */
export function dirtySectors(writes: readonly PageWrite[], from: number, to: number): number {
  let bits = 0
  for (let i = from; i < to; i++) {
    const { page, start, end } = writes[i] as PageWrite
    const first = Math.floor((start - page * pageBytes) / sectorBytes)
    const last = Math.floor((end - 1 - page * pageBytes) / sectorBytes)
    for (let sector = first; sector <= last; sector++) bits |= 1 << sector
  }
  return bits
}

/** A page as a torn write leaves it. `older` holds version `from` and becomes the result, `newer` holds version `to`. */
export function tear(older: Uint8Array, newer: Uint8Array, writes: readonly PageWrite[], fate: PageFate & { kind: 'torn' }): void {
  const dirty = dirtySectors(writes, fate.from, fate.to)
  for (let sector = 0; sector < sectorsPerPage; sector++) {
    if ((dirty & (1 << sector)) === 0) continue
    const start = sector * sectorBytes
    const letter = fate.sectors[sector]
    if (letter === 'n') older.set(newer.subarray(start, start + sectorBytes), start)
    else if (letter === 'g') fillGarbage(older, newer, start, writes, fate)
  }
}

/** Only bytes that the lost writes touched turn to garbage: synced bytes that share their sector are as sure as any. Of merged writes, none is known to be. */
function fillGarbage(page: Uint8Array, newer: Uint8Array, sectorStart: number, writes: readonly PageWrite[], fate: PageFate & { kind: 'torn' }): void {
  const sectorEnd = sectorStart + sectorBytes
  for (let i = fate.from; i < fate.to; i++) {
    const write = writes[i] as PageWrite
    const origin = write.page * pageBytes
    const end = Math.min(write.end - origin, sectorEnd)
    for (let at = Math.max(write.start - origin, sectorStart); at < end; at++)
      page[at] = write.isMerged ? (newer[at] as number) : garbageByte(fate.garbage, origin + at)
  }
}

export function garbageByte(garbage: number, offset: number): number {
  return mix(garbage ^ Math.imul(offset, 0x9e3779b1)) & 0xff
}
