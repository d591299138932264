import type { Invariant } from '../../sim/index.js'
import { changesFollow } from './changes-follow.js'
import { commitDurable } from './commit-durable.js'
import { commitMonotonic } from './commit-monotonic.js'
import { committedImmutable } from './committed-immutable.js'
import { electionSafety } from './election-safety.js'
import { jointQuorum } from './joint-quorum.js'
import { leaderAppendOnly } from './leader-append-only.js'
import { leaderCompleteness } from './leader-completeness.js'
import { leaseExclusive } from './lease-exclusive.js'
import { logMatching } from './log-matching.js'
import type { RaftObservation } from './observer.js'
import { readNotStale } from './read-not-stale.js'
import { snapshotCoversCommitted } from './snapshot-covers-committed.js'
import { stateMachineSafety } from './state-machine-safety.js'
import { stateOrder } from './state-order.js'
import { suspectAbstains } from './suspect-abstains.js'
import { termMonotonic } from './term-monotonic.js'
import { truncateOnConflict } from './truncate-on-conflict.js'
import { voteOnce } from './vote-once.js'

export { RaftObservation, type RaftPlacement } from './observer.js'

/**
 * What must hold of the Raft groups of a running system after every step (Raft paper, figure 3, and what durability adds). Each is O(1) for a step, amortised over
 * entries. Durability is judged from the disks.
 */
export function raftInvariants<Roles extends Record<string, unknown>>(observation: RaftObservation): readonly Invariant<Roles>[] {
  const make = [
    electionSafety,
    voteOnce,
    jointQuorum,
    changesFollow,
    commitDurable,
    termMonotonic,
    leaderAppendOnly,
    logMatching,
    leaderCompleteness,
    truncateOnConflict,
    commitMonotonic,
    stateMachineSafety,
    committedImmutable,
    stateOrder,
    snapshotCoversCommitted,
    leaseExclusive,
    readNotStale,
    suspectAbstains,
  ]
  return make.map((invariant) => invariant(observation) as unknown as Invariant<Roles>)
}
