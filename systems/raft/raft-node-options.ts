import { s } from '../../sim/host/durations.js'
import { Misuse } from '../../sim/host/errors.js'
import type { Nanos } from '../../sim/host/seam.js'
import { defaultRaftOptions, type RaftOptions } from './options.js'

/** The core's options, and those of the process around it. */
export interface RaftNodeOptions extends RaftOptions {
  /** A segment of the write-ahead log that has reached this size is followed by a new one. */
  readonly walSegmentBytes: number
  /** Bytes that may wait for the disk before entries and snapshots from the leader are dropped (it sends them again). */
  readonly maxWalBacklogBytes: number
  /** Applied entries, or bytes of them, after which the state machine is flushed and the log compacted. */
  readonly compactAfterEntries: number
  readonly compactAfterBytes: number
  /** Entries that compaction leaves in the log, so that a slow follower needs no snapshot. */
  readonly trailingEntries: number
  /** Bytes of a snapshot in one message. */
  readonly snapshotChunkBytes: number
  /** How long a captured snapshot is kept after a follower last asked for a part of it. */
  readonly snapshotIdle: Nanos
  /** How long a member that lost its state waits for bytes of a snapshot before it leaves, to look at its files anew. */
  readonly supplyPatience: Nanos
  /** Proposals that may wait to be committed, and messages that may wait for a save. */
  readonly maxPendingProposals: number
  readonly maxHeldMessages: number
}

export const defaultRaftNodeOptions: RaftNodeOptions = {
  ...defaultRaftOptions,
  walSegmentBytes: 64 << 20,
  maxWalBacklogBytes: 16 << 20,
  compactAfterEntries: 8_192,
  compactAfterBytes: 16 << 20,
  trailingEntries: 1_024,
  snapshotChunkBytes: 64 << 10,
  snapshotIdle: s(2),
  supplyPatience: s(5),
  maxPendingProposals: 4_096,
  maxHeldMessages: 8_192,
}

/** Fills in the defaults; throws `Misuse` when a limit makes no sense. (The core checks its own.) */
export function raftNodeOptions(given: Partial<RaftNodeOptions> = {}): RaftNodeOptions {
  const options = { ...defaultRaftNodeOptions, ...given }
  for (const name of positive) {
    if (!Number.isSafeInteger(options[name]) || options[name] < 1) throw new Misuse(`Raft option ${name} takes a positive integer, not ${options[name]}`)
  }
  if (!Number.isSafeInteger(options.trailingEntries) || options.trailingEntries < 0) {
    throw new Misuse(`Raft option trailingEntries takes an integer from 0 on, not ${options.trailingEntries}`)
  }
  return options
}

const positive = [
  'walSegmentBytes',
  'maxWalBacklogBytes',
  'compactAfterEntries',
  'compactAfterBytes',
  'snapshotChunkBytes',
  'snapshotIdle',
  'supplyPatience',
  'maxPendingProposals',
  'maxHeldMessages',
] as const
