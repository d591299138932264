import { Misuse } from '../../sim/host/errors.js'
import type { Entry, Position } from './messages.js'
import { ENTRY_OVERHEAD_BYTES } from './options.js'

/** A member's log as it stands in memory, and how much of it is durable. */
export interface Log {
  /** The place before the first entry. */
  base: Position
  /** Consecutive from `base.index + 1`. */
  entries: Entry[]
  /** Entries up to this index are durable here. */
  durable: number
  /** Saves of entries in flight, oldest first: once `token` is durable, so is the log up to `last`. */
  pending: PendingSave[]
}

export interface PendingSave {
  readonly token: number
  last: number
}

export function lastIndex(log: Log): number {
  return log.base.index + log.entries.length
}

export function lastTerm(log: Log): number {
  const last = log.entries.length - 1
  return last < 0 ? log.base.term : (log.entries[last] as Entry).term
}

/** The term at `index`, or -1 when the log does not know it: compacted away, or beyond the end. */
export function termAt(log: Log, index: number): number {
  const at = index - log.base.index
  if (at === 0) return log.base.term
  const entry = log.entries[at - 1]
  return entry === undefined ? -1 : entry.term
}

/** Entries from `first` on, as many as weigh at most `maxBytes`, but at least one when there is one. */
export function entriesFrom(log: Log, first: number, maxBytes: number): Entry[] {
  const start = first - log.base.index - 1
  let end = start
  let bytes = 0
  while (end < log.entries.length) {
    bytes += weight(log.entries[end] as Entry)
    if (bytes > maxBytes && end > start) break
    end++
  }
  return log.entries.slice(start, end)
}

export function entriesBetween(log: Log, first: number, last: number): Entry[] {
  return log.entries.slice(first - log.base.index - 1, last - log.base.index)
}

export function weight(entry: Entry): number {
  return entry.data.length + ENTRY_OVERHEAD_BYTES
}

/** Puts `entries` from `from` on at their places, replacing what the log held from there. The save with `token` makes them durable. */
export function writeEntries(log: Log, entries: readonly Entry[], from: number, token: number): void {
  const first = (entries[from] as Entry).index
  const keep = first - log.base.index - 1
  if (keep < 0 || keep > log.entries.length) throw new Misuse(`entry ${first} does not continue a log of ${log.base.index + 1} to ${lastIndex(log)}`)
  if (keep < log.entries.length) {
    log.entries.length = keep
    forgetDurable(log, first - 1)
  }
  for (let i = from; i < entries.length; i++) log.entries.push(entries[i] as Entry)
  log.pending.push({ token, last: lastIndex(log) })
}

/** What was written beyond `index`, durable or on its way, is no longer in the log. */
function forgetDurable(log: Log, index: number): void {
  if (log.durable > index) log.durable = index
  for (const save of log.pending) if (save.last > index) save.last = index
}

/** Notes that all saves up to `token` are durable. */
export function markDurable(log: Log, token: number): void {
  const pending = log.pending
  while (pending.length > 0 && (pending[0] as PendingSave).token <= token) {
    const { last } = pending.shift() as PendingSave
    if (last > log.durable) log.durable = last
  }
}

/** The token of the save that makes the log durable up to `index`; 0 when it is. */
export function durableToken(log: Log, index: number): number {
  if (index <= log.durable) return 0
  for (const save of log.pending) if (save.last >= index) return save.token
  throw new Misuse(`no save covers the log up to ${index}`)
}

/** Forgets entries up to `index`, which the log holds. */
export function compactLog(log: Log, index: number): void {
  const term = termAt(log, index)
  if (term < 0) throw new Misuse(`cannot compact a log of ${log.base.index + 1} to ${lastIndex(log)} up to ${index}`)
  log.entries.splice(0, index - log.base.index)
  log.base = { index, term }
}

/** Drops all entries and starts anew after `base`; the save with `token` makes that durable. */
export function restartLog(log: Log, base: Position, token: number): void {
  log.entries.length = 0
  log.base = base
  log.durable = 0
  log.pending.length = 0
  log.pending.push({ token, last: base.index })
}

/**
 * The last place at or before `index` whose term is at most `term`: where two logs that conflict at `index` may yet agree, one of them having
 * `term` there (the accelerated backtracking at the end of the Raft paper's section 5.3). Never before the log's base.
 */
export function lastPlaceOfTerm(log: Log, index: number, term: number): Position {
  let at = Math.min(index, lastIndex(log))
  while (at > log.base.index && termAt(log, at) > term) at--
  if (at <= log.base.index) return log.base
  return { index: at, term: termAt(log, at) }
}
