import type { Plant } from '../../tools/plant/plant.js'
import { again } from './scenario-plants.js'

const walk = 'test/plants/raft-walk.hunt.ts'

/** What the machine walk finds over the Raft core alone, by the invariants of the core. */
export const walkPlants: readonly Plant[] = [
  {
    name: 'core-forgets-what-it-waits-for',
    source: 'etcd-io/raft, doc.go: messages are sent after the hard state of the same Ready is on stable storage',
    file: 'systems/raft/state.ts',
    replace: 'after: after > state.savedToken ? after : undefined',
    with: 'after: undefined',
    expect: 'VoteOnce',
    subject: walk,
  },
  {
    name: 'append-without-consistency-check',
    source: 'Raft paper, figure 2: reply false if the log has no entry at prevLogIndex whose term matches prevLogTerm',
    file: 'systems/raft/append.ts',
    replace: 'if (request.previousIndex > state.commit && termAt(log, request.previousIndex) !== request.previousTerm) {',
    with: 'if (request.previousIndex > state.commit && termAt(log, request.previousIndex) < 0) {',
    expect: 'LogMatching',
    subject: walk,
  },
  {
    name: 'applied-before-durable',
    source: 'Raft paper, figure 2: the log is persistent state; a state machine must never be ahead of the log that it is recovered with',
    file: 'systems/raft/commit.ts',
    replace: 'const last = Math.min(state.commit, state.log.durable)',
    with: 'const last = state.commit',
    expect: 'StateMachineSafety',
    subject: walk,
  },
  {
    name: 'compacted-one-too-far',
    source: 'Raft paper, 7: the log is discarded up to the last entry that the snapshot replaces',
    file: 'systems/raft/core.ts',
    replace: "save(context, { kind: 'compacted', base: log.base, configuration",
    with: "save(context, { kind: 'compacted', base: { ...log.base, index: log.base.index + 1 }, configuration",
    expect: 'SnapshotCoversCommitted',
    subject: walk,
  },
  {
    name: 'suspect-counted',
    source: 'Alagappan and others, "Protocol-Aware Recovery for Consensus-Based Storage", FAST 2018: what a damaged replica acknowledges does not count',
    file: 'systems/raft/commit.ts',
    replace: 'follower.suspect ? 0 : follower.matched',
    with: 'follower.matched',
    expect: 'CommitDurable',
    subject: walk,
  },
  // The walk's schedules decide which of two consequences is seen first.
  again('one-vote-is-enough', 'in-the-walk', walk, ['ElectionSafety', 'LeaderCompleteness']),
  again('vote-not-durable', 'in-the-walk', walk, 'VoteOnce'),
  again('term-not-durable', 'in-the-walk', walk, 'TermMonotonic'),
  again('leader-appends-after-commit', 'in-the-walk', walk, 'LeaderAppendOnly'),
  again('vote-for-shorter-log', 'in-the-walk', walk, 'LeaderCompleteness'),
  again('follower-truncates-matching-entries', 'in-the-walk', walk, ['TruncateOnConflict', 'CommitDurable']),
  again('commit-index-falls', 'in-the-walk', walk, 'CommitMonotonic'),
  again('append-answered-before-sync', 'in-the-walk', walk, 'CommitDurable'),
  again('commit-beyond-matched', 'in-the-walk', walk, 'CommitDurable'),
  // Needs a precise schedule: found at once here, and in a few seeds of a scenario.
  { ...again('deposed-leader-serves-reads', 'in-the-walk', walk, 'ReadNotStale'), isThorough: true },
  again('suspicion-forgotten', 'in-the-walk', walk, 'SuspectAbstains'),
  {
    name: 'member-without-state-campaigns',
    source: 'Chandra, Griesemer and Redstone, "Paxos Made Live", PODC 2007: a replica whose disk was corrupted takes part only once it has caught up',
    file: 'systems/raft/election.ts',
    replace: '!state.suspect && state.lacks === 0 && state.installing === null',
    with: '!state.suspect && state.installing === null',
    expect: 'LackingFollows',
    subject: walk,
  },
  {
    name: 'lost-state-taken-for-empty',
    source: 'Alagappan and others, "Protocol-Aware Recovery for Consensus-Based Storage", FAST 2018: a damaged state is not an empty one',
    file: 'systems/raft/recovery.ts',
    replace: '    lacks,\n',
    with: '    lacks: 0,\n',
    expect: ['StateMachineSafety', 'LackingFollows'],
    subject: walk,
  },
]
