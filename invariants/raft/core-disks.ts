import type { Durable, Position } from '../../systems/raft/messages.js'

/** What a core's disk is good for, and what of it is remembered. */
interface DiskMemory {
  /** The end of its durable log; of a suspect: before it was damaged. */
  disk: Position
}

/** Looks at a disk that is trusted. */
export function noteDisk(own: DiskMemory, durable: Durable | null): void {
  if (durable === null || durable.suspect) return
  const last = durable.entries[durable.entries.length - 1] ?? durable.base
  if (last.index !== own.disk.index || last.term !== own.disk.term) own.disk = { index: last.index, term: last.term }
}

export function holdsDurably(durable: Durable | null, index: number, term: number): boolean {
  if (durable === null) return false
  return index <= durable.base.index || durable.entries[index - durable.base.index - 1]?.term === term
}

/** A suspect's disk counts for what it held before it was damaged, perhaps more than once: that may have been acknowledged. What came after does not. */
export function heldDurably(own: DiskMemory, durable: Durable | null, index: number, term: number): boolean {
  if (durable?.suspect !== true) return holdsDurably(durable, index, term)
  if (index > own.disk.index) return false
  if (index <= durable.base.index + durable.entries.length) return holdsDurably(durable, index, term)
  return index === own.disk.index ? term === own.disk.term : term <= own.disk.term
}

/** -1: nothing can be applied to what is there, since it lost what the log no longer holds. */
export function appliedDurably(durable: Durable | null): number {
  if (durable === null) return 0
  if (durable.applied !== null) return durable.applied.index
  return durable.base.index === 0 ? 0 : -1
}
