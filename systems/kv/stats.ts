import type { PartitionHealth } from './partition.js'
import type { KvStore } from './store.js'
import { amplification } from './upkeep.js'

export interface PartitionStats {
  readonly name: string
  readonly health: PartitionHealth
  readonly sequence: number
  /** Pages in use. */
  readonly pages: number
  /** Places in data files for each page in use. */
  readonly amplification: number
  readonly snapshots: number
  readonly archives: number
  /** Of these: while there is one, no data file is removed. */
  readonly unreadableArchives: number
  readonly waiting: number
  /** Pages that came back whole only from another copy. */
  readonly healed: number
}

/** Counted since the store was opened; sizes in bytes. */
export interface StoreStats {
  readonly pageReads: number
  readonly pageWrites: number
  readonly writes: number
  readonly syncs: number
  readonly bytesWritten: number
  /** Of keys and values that were asked to be written. */
  readonly bytesAsked: number
  readonly objectReads: number
  readonly objectWrites: number
  readonly indexCacheBytes: number
  readonly dataCacheBytes: number
  readonly filterBytes: number
  /** Of pages that are still to be written, and of what they follow from. */
  readonly deferredBytes: number
  /** Tasks that ran on another shard than that of their partition. */
  readonly stolenTasks: number
  readonly partitions: readonly PartitionStats[]
}

export function statsOf({ counts, caches, shards, partitions }: KvStore): StoreStats {
  const { pageReads, pageWrites, writes, syncs, bytesWritten, objectReads, objectWrites } = counts
  return {
    pageReads,
    pageWrites,
    writes,
    syncs,
    bytesWritten,
    bytesAsked: partitions.reduce((sum, { core }) => sum + core.bytesAsked, 0),
    objectReads,
    objectWrites,
    indexCacheBytes: caches.index.bytes,
    dataCacheBytes: caches.data.bytes,
    filterBytes: caches.filters.bytes,
    deferredBytes: partitions.reduce((sum, { core }) => sum + core.deferred.bytes, 0),
    stolenTasks: shards.stolen,
    partitions: partitions.map(({ name, core }) => ({
      name,
      health: core.health,
      sequence: core.chain.current.sequence,
      pages: core.chain.current.mapping.count,
      amplification: amplification(core),
      snapshots: core.chain.live.reduce((sum, { pins }) => sum + pins, 0),
      archives: core.archiveFiles.size,
      unreadableArchives: [...core.archiveFiles.values()].filter((files) => files === null).length,
      waiting: core.queue.length,
      healed: core.pages.healed,
    })),
  }
}
