import type { Plant } from '../../tools/plant/plant.js'

const broker = 'scenarios/broker.scenario.ts'

/** The mistakes that Seedfall must find. Names are stable: reports use them. */
export const plants: readonly Plant[] = [
  {
    name: 'vote-not-durable',
    source: 'Raft paper, figure 2: votedFor is persistent state, updated on stable storage before responding',
    file: 'systems/raft/election.ts',
    replace: '    state.vote = from\n    saveHardState(context)\n',
    with: '    state.vote = from\n',
    expect: 'VoteOnce',
    subject: broker,
  },
  {
    name: 'term-not-durable',
    source: 'Raft paper, figure 2: currentTerm is persistent state, updated on stable storage before responding',
    file: 'systems/raft/roles.ts',
    replace: '  state.vote = null\n  saveHardState(context)\n',
    with: '  state.vote = null\n',
    expect: 'TermMonotonic',
    subject: broker,
  },
  {
    name: 'commit-beyond-matched',
    source: 'Raft paper, figure 2: commitIndex = min(leaderCommit, index of last new entry)',
    file: 'systems/raft/commit.ts',
    replace: 'Math.min(leaderCommit, context.state.verified)',
    with: 'Math.min(leaderCommit, context.state.log.base.index + context.state.log.entries.length)',
    expect: 'StateMachineSafety',
    subject: broker,
  },
  {
    name: 'append-answered-before-sync',
    source: 'raft-rs 2f5d963: an append acknowledged before it is on disk',
    file: 'systems/raft/append.ts',
    replace: 'send(context, to, response, durableToken(state.log, matched))',
    with: 'send(context, to, response)',
    expect: 'CommitDurable',
    subject: broker,
  },
  {
    name: 'deposed-leader-serves-reads',
    source: 'Raft dissertation, 6.4: a leader confirms its leadership with a round of heartbeats before it answers a read',
    file: 'systems/raft/read-index.ts',
    replace: 'if (serving === null || reads.confirmed < serving.round) return',
    with: 'if (serving === null) return',
    expect: 'ReadNotStale',
    subject: broker,
  },
  {
    name: 'torn-tail-accepted',
    source: 'Alagappan and others, "Protocol-Aware Recovery for Consensus-Based Storage", FAST 2018',
    file: 'systems/raft/wal-recovery.ts',
    replace: 'if (!payloadIsWhole(bytes, at, number, at, header)) break',
    with: 'if (at + frameHeaderBytes + header.length > bytes.length) break',
    // Garbage for an entry; or, where not even a record can be made of it, a member that never comes up again.
    expect: ['LogMatching', 'progress'],
    subject: broker,
  },
  {
    name: 'follower-truncates-matching-entries',
    source: 'openraft 9540c904: a late append request truncates entries that match',
    file: 'systems/raft/append.ts',
    replace: 'while (first < entries.length && holds(state, entries[first] as Entry)) first++',
    with: 'while (first < entries.length && (entries[first] as Entry).index <= state.commit) first++',
    // A member that knows what is committed sees its log cut; one that does not yet breaks the quorum of the durable copies.
    expect: ['CommitMonotonic', 'CommitDurable', 'AckedDurable'],
    subject: broker,
  },
  {
    name: 'send-before-save',
    source: 'etcd-io/raft, doc.go: messages are sent after the entries and hard state of the same Ready are on stable storage',
    file: 'systems/raft/raft-node.ts',
    replace: 'if (effect.after !== undefined && effect.after > this.#durableToken)',
    with: 'if (effect.after !== undefined && effect.after > this.#durableToken + 1_000_000)',
    expect: 'VoteOnce',
    subject: broker,
  },
  {
    name: 'snapshot-installed-without-sync',
    source: 'Pillai and others, "All File Systems Are Not Created Equal", OSDI 2014: a rename that is durable before its data',
    file: 'systems/broker/partition-log.ts',
    replace: '      await this.#makeDurable(segments, directory)\n      const active',
    with: '      const active',
    expect: 'SnapshotCoversCommitted',
    subject: broker,
  },
  {
    name: 'duplicate-sequence-accepted',
    source: 'KIP-98: a retried batch is recognised by its producer id, epoch and sequence',
    file: 'systems/broker/producer-state.ts',
    replace: "return { kind: 'duplicate', baseOffset: sent.baseOffset }",
    with: 'return accepted',
    expect: 'ProducerSequence',
    subject: broker,
  },
]
