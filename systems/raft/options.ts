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
  /** Bytes of entries that are handed out to be applied at a time; what follows waits until they are. One entry may exceed it. */
  readonly maxApplyBytes: number
  /** Entries that a leader's compaction leaves in the log, if they follow a snapshot that is on its way to a follower: else it needs another when it has it. */
  readonly maxEntriesForSnapshots: number
  /** Of two candidates with equal logs a voter prefers the one of higher priority: it refuses those below its own (tikv/raft-rs). */
  readonly priority: number
  /** By member, from 1: where it stands (its data centre, say). Then a commit also takes members of two groups. Empty: off. All members need the same. */
  readonly commitGroups: readonly number[]
  /** A follower hands proposals on to the leader that it knows, rather than refusing them. */
  readonly forwardsProposals: boolean
  /** Proposals handed on, from the oldest unanswered one on, before a follower refuses more as `busy`. */
  readonly maxForwardedProposals: number
  /** Bytes of proposals handed on and not answered before a follower refuses more as `busy`; one may exceed it. */
  readonly maxForwardedBytes: number
  /**
   * Reads are answered without asking anybody while a majority is known to refuse every other candidate (dissertation 6.4.1). That takes clocks for granted whose
   * speeds are off by less than so much, in millionths; reads may be stale when one is off by more. null: every read asks a majority. All members need the same.
   */
  readonly leaseReadsDriftPpm: number | null
  /**
   * Heartbeats in a row with nothing to do after which a group rests: nobody keeps a timer until there is something. 0: never. Only where somebody else watches over
   * leaders' hosts (`RaftStore` does).
   */
  readonly restAfterHeartbeats: number
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
  maxApplyBytes: Number.MAX_SAFE_INTEGER,
  maxEntriesForSnapshots: 16_384,
  priority: 0,
  commitGroups: [],
  forwardsProposals: false,
  maxForwardedProposals: 1_024,
  maxForwardedBytes: 8 << 20,
  leaseReadsDriftPpm: null,
  restAfterHeartbeats: 0,
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
  for (const [name, time] of [
    ['heartbeat', options.heartbeat],
    ['electionTimeout', shortest],
    ['electionTimeout', longest],
  ] as const)
    if (!Number.isSafeInteger(time)) throw new Misuse(`Raft option ${name} takes whole nanoseconds, such as ms(100), not ${time}`)
  const limits = [
    'maxInflightMessages',
    'maxInflightBytes',
    'maxBatchBytes',
    'maxUncommittedBytes',
    'maxPendingReads',
    'maxApplyBytes',
    'maxForwardedProposals',
    'maxForwardedBytes',
  ] as const
  for (const name of limits)
    if (!Number.isInteger(options[name]) || options[name] < 1) throw new Misuse(`Raft option ${name} takes a positive integer, not ${options[name]}`)
  const { maxEntriesForSnapshots, priority, commitGroups, leaseReadsDriftPpm, restAfterHeartbeats } = options
  if (!Number.isSafeInteger(maxEntriesForSnapshots) || maxEntriesForSnapshots < 0)
    throw new Misuse(`Raft option maxEntriesForSnapshots takes an integer from 0 on, not ${maxEntriesForSnapshots}`)
  if (!Number.isSafeInteger(restAfterHeartbeats) || restAfterHeartbeats < 0)
    throw new Misuse(`Raft option restAfterHeartbeats takes an integer from 0 on, not ${restAfterHeartbeats}`)
  if (!Number.isSafeInteger(priority) || priority < 0) throw new Misuse(`Raft option priority takes an integer from 0 on, not ${priority}`)
  for (const group of commitGroups)
    if (!Number.isSafeInteger(group) || group < 0) throw new Misuse(`Raft option commitGroups takes integers from 0 on, not ${group}`)
  if (leaseReadsDriftPpm !== null && !(leaseReadsDriftPpm >= 0 && leaseReadsDriftPpm <= 500_000))
    throw new Misuse(`Raft option leaseReadsDriftPpm takes a number from 0 to 500,000 or null, not ${leaseReadsDriftPpm}`)
  if (leaseReadsDriftPpm !== null && readLease(options) <= options.heartbeat)
    throw new Misuse(
      `with clocks off by ${leaseReadsDriftPpm} ppm a lease lasts ${readLease(options)} ns, which no heartbeat (every ${options.heartbeat} ns) renews in time: take a longer electionTimeout, or a shorter heartbeat`,
    )
  return options
}

/** For how long of its own time a leader may take a confirmed round for a lease: what is left of the voters' patience when its clock is slow and theirs are fast. */
export function readLease({ electionTimeout: [shortest], leaseReadsDriftPpm }: RaftOptions): Nanos {
  const drift = (leaseReadsDriftPpm ?? 0) / 1_000_000
  return Math.floor((shortest * (1 - drift)) / (1 + drift))
}
