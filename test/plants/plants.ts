import type { Plant } from '../../tools/plant/plant.js'

const broker = 'scenarios/broker.scenario.ts'
const raft = 'scenarios/raft.scenario.ts'

const forgetful = 'test/plants/broker-forgetful.hunt.ts'
const hasty = 'test/plants/broker-hasty.hunt.ts'
const histories = 'test/plants/broker-history.hunt.ts'
const outages = 'test/plants/broker-outages.hunt.ts'
const start = 'test/plants/one-leader.hunt.ts'
const walk = 'test/plants/raft-walk.hunt.ts'

/** The mistakes that Seedfall must find. Names are stable: reports use them. */
const inScenarios: readonly Plant[] = [
  {
    name: 'vote-not-durable',
    source: 'Raft paper, figure 2: votedFor is persistent state, updated on stable storage before responding',
    file: 'systems/raft/election.ts',
    replace: '    state.vote = from\n    saveHardState(context)\n',
    with: '    state.vote = from\n',
    expect: 'VoteOnce',
    subject: broker,
    isThorough: true,
  },
  {
    name: 'term-not-durable',
    source: 'Raft paper, figure 2: currentTerm is persistent state, updated on stable storage before responding',
    file: 'systems/raft/roles.ts',
    replace: '  state.vote = null\n  saveHardState(context)\n',
    with: '  state.vote = null\n',
    expect: 'TermMonotonic',
    subject: broker,
    isThorough: true,
  },
  {
    name: 'commit-beyond-matched',
    source: 'Raft paper, figure 2: commitIndex = min(leaderCommit, index of last new entry)',
    file: 'systems/raft/commit.ts',
    replace: 'Math.min(leaderCommit, context.state.verified)',
    with: 'Math.min(leaderCommit, context.state.log.base.index + context.state.log.entries.length)',
    expect: 'StateMachineSafety',
    subject: broker,
    isThorough: true,
  },
  {
    name: 'append-answered-before-sync',
    source: 'raft-rs 2f5d963: an append acknowledged before it is on disk',
    file: 'systems/raft/append.ts',
    replace: 'send(context, to, response, durableToken(state.log, matched))',
    with: 'send(context, to, response)',
    expect: 'CommitDurable',
    subject: broker,
    isThorough: true,
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
    replace: `    if (!payloadIsWhole(bytes, at, number, at, header)) break
    const payload = at + frameHeaderBytes
    const record = readRecord(bytes, payload, payload + header.length)
    if (record === null) throw new CorruptLog(\`segment \${number} of the write-ahead log at \${at}: a record that this version does not know\`)
`,
    with: `    const payload = at + frameHeaderBytes
    if (payload + header.length > bytes.length) break
    const record = readRecord(bytes, payload, payload + header.length)
    if (record === null) break
`,
    expect: 'LogMatching',
    subject: outages,
    isThorough: true,
  },
  {
    name: 'follower-truncates-matching-entries',
    source: 'openraft 9540c904: a late append request truncates entries that match',
    file: 'systems/raft/append.ts',
    replace: 'while (first < entries.length && holds(state, entries[first] as Entry)) first++',
    with: 'while (first < entries.length && (entries[first] as Entry).index <= state.commit) first++',
    expect: 'TruncateOnConflict',
    subject: broker,
    isThorough: true,
  },
  {
    name: 'send-before-save',
    source: 'etcd-io/raft, doc.go: messages are sent after the entries and hard state of the same Ready are on stable storage',
    file: 'systems/raft/raft-node.ts',
    replace: 'if (effect.after !== undefined && effect.after > this.#durableToken)',
    with: "if (effect.after !== undefined && effect.after > this.#durableToken && effect.message.kind !== 'vote-response')",
    expect: 'VoteOnce',
    subject: broker,
    isThorough: true,
  },
  {
    name: 'snapshot-installed-without-sync',
    source: 'Pillai and others, "All File Systems Are Not Created Equal", OSDI 2014: a rename that is durable before its data',
    file: 'systems/broker/partition-log.ts',
    replace: '      await this.#makeDurable(segments, directory)\n      const active',
    with: '      const active',
    expect: 'SnapshotCoversCommitted',
    subject: outages,
    isThorough: true,
  },
  {
    name: 'duplicate-sequence-accepted',
    source: 'KIP-98: a retried batch is recognised by its producer id, epoch and sequence',
    file: 'systems/broker/producer-state.ts',
    replace: "return { kind: 'duplicate', baseOffset: sent.baseOffset }",
    with: 'return accepted',
    expect: 'ProducerSequence',
    subject: broker,
    isThorough: true,
  },
  {
    name: 'vote-for-shorter-log',
    source: 'Raft paper, 5.4.1: a voter denies its vote if its own log is more up-to-date',
    file: 'systems/raft/election.ts',
    replace: 'return request.lastTerm > own || (request.lastTerm === own && request.lastIndex >= lastIndex(log))',
    with: 'return own >= 0',
    expect: 'LeaderCompleteness',
    subject: broker,
  },
  {
    name: 'offset-skipped',
    source: 'Kafka: the offsets of a partition without compaction have no gaps',
    file: 'systems/broker/partition-log.ts',
    replace: '    this.endOffset = appended.nextOffset\n',
    with: '    this.endOffset = appended.nextOffset + 1\n',
    expect: 'OffsetsDense',
    subject: broker,
  },
  {
    name: 'watermark-beyond-log',
    source: 'Kafka: the high watermark never passes the log end offset',
    file: 'systems/broker/partition.ts',
    replace: '    this.highWatermark = this.log.endOffset\n    this.waiters',
    with: '    this.highWatermark = this.log.endOffset + 1\n    this.waiters',
    expect: 'WatermarkOrder',
    subject: broker,
  },
  {
    name: 'one-vote-is-enough',
    source: 'Raft paper, 5.2: a candidate wins with the votes of a majority of the servers in the full cluster',
    file: 'systems/raft/quorum.ts',
    replace: '  const needed = majority(configuration)\n  let granted = 0',
    with: '  const needed = 1\n  let granted = 0',
    expect: 'ElectionSafety',
    subject: start,
  },
  {
    name: 'leader-appends-after-commit',
    source: 'Raft paper, figure 3: a leader never overwrites or deletes entries in its log',
    file: 'systems/raft/replication.ts',
    replace: 'const entry: Entry = { index: lastIndex(state.log) + 1, term',
    with: 'const entry: Entry = { index: state.commit + 1, term',
    expect: 'LeaderAppendOnly',
    subject: broker,
  },
  {
    name: 'commit-index-falls',
    source: 'Raft paper, figure 2: commitIndex increases monotonically',
    file: 'systems/raft/commit.ts',
    replace: '  if (index <= state.commit) return\n  if (state.role',
    with: '  if (index === state.commit) return\n  if (state.role',
    expect: 'CommitMonotonic',
    subject: broker,
  },
  {
    name: 'suspicion-forgotten',
    source: 'Alagappan and others, "Protocol-Aware Recovery for Consensus-Based Storage", FAST 2018',
    file: 'systems/raft/core.ts',
    replace: '    suspect: durable?.suspect ?? false,\n',
    with: '    suspect: false,\n',
    expect: 'SuspectAbstains',
    subject: outages,
  },
  {
    name: 'suspicion-not-heard',
    source: 'Alagappan and others, "Protocol-Aware Recovery for Consensus-Based Storage", FAST 2018: what a damaged replica acknowledges does not count',
    file: 'systems/raft/replication.ts',
    replace: '  progress.suspect = response.suspect\n',
    with: '  progress.suspect = false\n',
    expect: 'SuspectAbstains',
    subject: outages,
  },
  {
    name: 'success-despite-lost-leadership',
    source: 'KIP-679: with acks=1 a record that only its leader holds is acknowledged, and lost with it',
    file: 'systems/broker/raft-replication.ts',
    replace: "if (error instanceof Superseded) return refusal('NOT_ENOUGH_REPLICAS_AFTER_APPEND')",
    with: "if (error instanceof Superseded) return { kind: 'appended', baseOffset: (this.node.stateMachine as Partition).log.endOffset, index: error.index, term: error.term }",
    expect: 'AckedDurable',
    subject: broker,
  },
  {
    name: 'duplicate-answered-with-the-end',
    source: 'KIP-98: a duplicate is answered with the offset at which its batch was appended first',
    file: 'systems/broker/partition.ts',
    replace: "return { kind: 'duplicate', baseOffset: verdict.baseOffset, index, term }",
    with: "return { kind: 'duplicate', baseOffset: this.log.endOffset, index, term }",
    expect: 'AckedInLog',
    subject: broker,
  },
  {
    name: 'recovered-end-is-the-last-offset',
    source: 'Kafka: the log end offset is the offset of the last record plus one',
    file: 'systems/broker/partition-log.ts',
    replace: '    this.endOffset = checkpoint.endOffset\n',
    with: '    this.endOffset = Math.max(0, checkpoint.endOffset - 1)\n',
    expect: 'PartitionLogMatching',
    subject: broker,
  },
  {
    name: 'fetch-without-read-index',
    source: 'Jepsen, Redpanda 21.10.1 and others: a deposed leader that serves reads from its own memory',
    file: 'systems/broker/raft-replication.ts',
    replace: '      await this.node.readIndex()\n      return null',
    with: '      return null',
    // Both are the names of its consequences: the judge sees what clients see, and a follower that lags answers too little ('stale') or, to a client that has
    // read more elsewhere, that there is less ('lost'). That no read goes without its round is ReadNotStale's, of the Raft group: 'deposed-leader-serves-reads'.
    expect: ['history (stale)', 'history (lost)'],
    subject: broker,
  },
  {
    name: 'first-record-of-a-poll-dropped',
    source: 'Kafka: a fetch is answered with whole batches, and the consumer drops the records that lie before its position',
    file: 'systems/broker/consumer.ts',
    replace: 'if (record.offset >= position)',
    with: 'if (record.offset > position)',
    expect: 'history (lost)',
    subject: histories,
  },
  {
    name: 'batch-acknowledged-at-its-base',
    source: "Kafka's ProduceResponse: base_offset is that of the first record, the others follow it",
    file: 'systems/broker/producer.ts',
    replace: 'resolve(answer.baseOffset + i)',
    with: 'resolve(answer.baseOffset)',
    expect: 'history (divergent)',
    subject: histories,
  },
  {
    name: 'producer-without-an-id',
    source: 'KIP-98: a producer that is not idempotent appends a batch again when its first answer was lost',
    file: 'systems/broker/producer.ts',
    replace: 'encodeBatch(batch.records, { producer: { id, epoch, sequence: this.#nextSequence } })',
    with: 'encodeBatch(batch.records, { producer: { id: -1, epoch: -1, sequence: -1 } })',
    // A retry is a second copy, or only late.
    expect: ['history (duplicate)', 'history (reordered)'],
    subject: broker,
  },
  {
    name: 'timeout-taken-for-failure',
    source: 'Jepsen: a timeout leaves open whether the operation took place, and whoever takes it for a failure reads what was never written',
    file: 'systems/broker/leader-directory.ts',
    replace: "if (error.code !== 'refused') uncertain = true",
    with: "if (error.code !== 'refused' && error.code !== 'timeout') uncertain = true",
    expect: 'history (aborted)',
    subject: hasty,
  },
  {
    name: 'newest-batch-first',
    source: "Kafka's RecordAccumulator: batches of a partition are drained in the order in which they were filled",
    file: 'systems/broker/producer.ts',
    replace: 'this.#waiting.shift() as Batch',
    with: 'this.#waiting.pop() as Batch',
    expect: 'history (reordered)',
    subject: histories,
  },
  {
    name: 'read-without-read-index',
    source: 'Raft dissertation, 6.4: a leader that does not confirm its leadership may answer a read with stale data',
    file: 'systems/raft/replicated-map.ts',
    replace: `        if (!node.isLeader) return { kind: 'not-leader', leader: node.leader }
        try {
          await node.readIndex()
`,
    with: '        try {\n',
    expect: 'not linearizable (kv)',
    subject: raft,
  },
  {
    name: 'heartbeat-without-commit',
    source: 'Raft paper, figure 2: followers learn the commit index from every AppendEntries, heartbeats included',
    file: 'systems/raft/heartbeat.ts',
    replace: '  learnCommit(context, request.commit)\n',
    with: '  if (request.commit < 0) learnCommit(context, request.commit)\n',
    expect: 'all replicas are equal',
    subject: broker,
  },
  {
    name: 'no-snapshot-for-followers',
    source: 'Raft paper, 7: a leader that has discarded what a follower lacks sends it a snapshot',
    file: 'systems/raft/replication.ts',
    replace: '    if (termAt(state.log, progress.next - 1) < 0) {\n      beginSnapshot(context, progress)\n',
    with: '    if (termAt(state.log, progress.next - 1) < 0) {\n',
    expect: 'all replicas catch up',
    subject: broker,
  },
  {
    name: 'segment-file-off-by-one',
    source: 'Kafka: a fetch is answered from the batch that holds its offset on',
    file: 'systems/broker/log-reader.ts',
    replace: 'nextOffset(bytes, start) <= offset) {',
    with: 'nextOffset(bytes, start) < offset) {',
    expect: 'every acknowledged record is readable',
    subject: broker,
  },
]

/** What the machine walk finds over the Raft core alone, by the invariants of the core. */
const inTheWalk: readonly Plant[] = [
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
    replace: "save(context, { kind: 'compacted', base: log.base })",
    with: "save(context, { kind: 'compacted', base: { ...log.base, index: log.base.index + 1 } })",
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
    replace: 'if (state.suspect || state.lacks > 0 || state.installing !== null) {',
    with: 'if (state.suspect || state.installing !== null) {',
    expect: 'LackingFollows',
    subject: walk,
  },
  {
    name: 'lost-state-taken-for-empty',
    source: 'Alagappan and others, "Protocol-Aware Recovery for Consensus-Based Storage", FAST 2018: a damaged state is not an empty one',
    file: 'systems/raft/core.ts',
    replace: '    lacks: durable?.applied === null ? base.index : 0,\n',
    with: '    lacks: 0,\n',
    expect: ['StateMachineSafety', 'LackingFollows'],
    subject: walk,
  },
]

export const plants: readonly Plant[] = [
  ...inScenarios,
  again('heartbeat-without-commit', 'in-the-map', raft, 'members agree'),
  again('no-snapshot-for-followers', 'in-the-map', raft, 'members catch up'),
  again('first-record-of-a-poll-dropped', 'by-the-forgetful', forgetful, 'history (skipped)'),
  ...inTheWalk,
]

/** The same mistake, looked for elsewhere. */
function again(name: string, where: string, subject: string, expect: Plant['expect']): Plant {
  const plant = inScenarios.find((each) => each.name === name)
  if (plant === undefined) throw new Error(`there is no plant '${name}'`)
  return { ...plant, name: `${name}-${where}`, subject, expect, isThorough: false }
}
