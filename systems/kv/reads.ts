import { Misuse } from '../../sim/host/errors.js'
import { ownKey } from './batch.js'
import { findEntry, located, locateEntry } from './data-page.js'
import { entryFlags, isExpired, type LeafEntry } from './entry.js'
import type { MappingTable } from './mapping.js'
import type { ValueCodec } from './options.js'
import { readOverflow } from './overflow-value.js'
import type { PageReader } from './page-reader.js'
import { findLeaf, type ScanRange, scanLeaves } from './tree-reader.js'

/** An entry as a caller sees it. */
export interface KvEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** Wall-clock milliseconds of its writing. */
  readonly timestampMillis: number
  /** Wall-clock milliseconds; null: never. */
  readonly expiresAtMillis: number | null
}

export interface ScanOptions {
  /** The least key, itself included. */
  readonly from?: Uint8Array
  /** Only keys below this one. */
  readonly to?: Uint8Array
  /** Entries at most. */
  readonly limit?: number
  /** `backward`: from the largest key down. */
  readonly direction?: 'forward' | 'backward'
}

/** One state of a partition, to be read as of one moment: what has expired by then is not there. */
export interface ReadableState {
  readonly pages: PageReader
  readonly mapping: MappingTable
  readonly root: number | null
  readonly codec: ValueCodec | null
}

/** At once when all of it is in memory. `key` is nobody else's: the entry has it. */
export function readKey(state: ReadableState, key: Uint8Array, nowMillis: number): KvEntry | null | Promise<KvEntry | null> {
  if (state.root === null) return null
  const leaf = findLeaf(state.pages, state.mapping, state.root, key)
  if (leaf instanceof Promise) return leaf.then((page) => readFrom(state, page, key, nowMillis))
  return readFrom(state, leaf, key, nowMillis)
}

function readFrom(state: ReadableState, page: Uint8Array | null, key: Uint8Array, nowMillis: number): KvEntry | null | Promise<KvEntry | null> {
  if (page === null || !locateEntry(page, key) || isExpired(located, nowMillis)) return null
  const { flags, timestampMillis, valueAt, valueEnd } = located
  if ((flags & ~entryFlags.expires) !== 0) return shown(state, findEntry(page, key) as LeafEntry)
  const expiresAtMillis = located.expiresAtMillis === 0 ? null : located.expiresAtMillis
  // A page's own bytes stay the engine's.
  return { key, value: state.pages.copies.copy(page, valueAt, valueEnd), timestampMillis, expiresAtMillis }
}

/** The entry with the largest key that is not above this one, which is nobody else's. */
export async function readFloor(state: ReadableState, key: Uint8Array, nowMillis: number): Promise<KvEntry | null> {
  const exact = await readKey(state, key, nowMillis)
  if (exact !== null) return exact
  for await (const entry of scanState(state, { to: key, direction: 'backward', limit: 1 }, nowMillis)) return entry
  return null
}

/** `run`: begins each look at the pages, where somebody else says when. */
export async function* scanState(
  state: ReadableState,
  options: ScanOptions,
  nowMillis: number,
  run: <T>(look: () => Promise<T>) => Promise<T> = (look) => look(),
): AsyncGenerator<KvEntry> {
  const { from = null, to = null, direction = 'forward', limit = Number.POSITIVE_INFINITY } = options
  const range: ScanRange = { from, to, direction }
  let left = limit
  if (left <= 0) return
  const leaves = scanLeaves(state.pages, state.mapping, state.root, range)
  for (let next = await run(() => leaves.next()); next.done !== true; next = await run(() => leaves.next())) {
    for (const entry of next.value) {
      if (isExpired(entry, nowMillis)) continue
      const found = shown(state, entry)
      yield found instanceof Promise ? await found : found
      if (--left === 0) return
    }
  }
}

/** The options with keys of their own; throws `Misuse`. */
export function ownScan({ from, to, limit, direction }: ScanOptions): ScanOptions {
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 0)) throw new Misuse(`scan(…, { limit }) is an integer from 0 on, not ${limit}`)
  if (direction !== undefined && direction !== 'forward' && direction !== 'backward')
    throw new Misuse(`scan(…, { direction }) is 'forward' or 'backward', not ${String(direction)}`)
  return {
    ...(from == null ? {} : { from: ownKey(from) }),
    ...(to == null ? {} : { to: ownKey(to) }),
    ...(limit === undefined ? {} : { limit }),
    ...(direction === undefined ? {} : { direction }),
  }
}

function shown(state: ReadableState, entry: LeafEntry): KvEntry | Promise<KvEntry> {
  const { key, flags, timestampMillis } = entry
  const expiresAtMillis = entry.expiresAtMillis === 0 ? null : entry.expiresAtMillis
  const make = (stored: Uint8Array): KvEntry => {
    const isCompressed = (flags & entryFlags.compressed) !== 0
    // A page's own bytes stay the engine's.
    const value = isCompressed && state.codec !== null ? state.codec.decompress(stored) : state.pages.copies.copy(stored, 0, stored.length)
    return { key: key.slice(), value, timestampMillis, expiresAtMillis }
  }
  if ((flags & entryFlags.overflow) === 0) return make(entry.value)
  return readOverflow(state.pages, state.mapping, entry.value).then(make)
}
