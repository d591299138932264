import { ms } from '../../sim/host/durations.js'
import { Misuse } from '../../sim/host/errors.js'
import type { Nanos } from '../../sim/host/seam.js'

export interface RaftOptions {
  readonly heartbeat: Nanos
  /**
   * Shortest and longest time without a leader's word after which a member campaigns, drawn anew each time. For the shortest of it the member
   * refuses all votes (the leader's lease); after the longest without a majority's word a leader steps down.
   */
  readonly electionTimeout: readonly [Nanos, Nanos]
  /** Append requests to one follower that may be unanswered. */
  readonly maxInflightMessages: number
  /** Bytes of entries to one follower that may be unanswered; one message may exceed it. */
  readonly maxInflightBytes: number
  /** Bytes of entries in one append request; one entry may exceed it. */
  readonly maxBatchBytes: number
  /** Bytes of entries that a leader may hold uncommitted before it refuses proposals as `busy`; one entry may exceed it. */
  readonly maxUncommittedBytes: number
  /** Reads that may wait at a leader before it refuses more as `busy`. */
  readonly maxPendingReads: number
}

export const defaultRaftOptions: RaftOptions = {
  heartbeat: ms(25),
  electionTimeout: [ms(75), ms(150)],
  maxInflightMessages: 64,
  maxInflightBytes: 1 << 20,
  maxBatchBytes: 64 << 10,
  maxUncommittedBytes: 8 << 20,
  maxPendingReads: 4_096,
}

/** What one entry weighs against the byte limits: its data and a flat cost for the rest. */
export const ENTRY_OVERHEAD_BYTES = 16

/** Throws `Misuse` when a limit or a time makes no sense. */
export function checkRaftOptions(options: RaftOptions): RaftOptions {
  const [shortest, longest] = options.electionTimeout
  if (!(options.heartbeat > 0 && shortest > options.heartbeat && longest > shortest)) {
    throw new Misuse(`Raft times must rise: 0 < heartbeat (${options.heartbeat}) < shortest election timeout (${shortest}) < longest (${longest})`)
  }
  const limits = ['maxInflightMessages', 'maxInflightBytes', 'maxBatchBytes', 'maxUncommittedBytes', 'maxPendingReads'] as const
  for (const name of limits)
    if (!Number.isInteger(options[name]) || options[name] < 1) throw new Misuse(`Raft option ${name} takes a positive integer, not ${options[name]}`)
  return options
}
