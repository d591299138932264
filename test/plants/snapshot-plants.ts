import type { Plant } from '../../tools/plant/plant.js'

const snapshots = 'scenarios/raft-snapshots.scenario.ts'
const raft = 'scenarios/raft.scenario.ts'
const walk = 'test/plants/raft-walk.hunt.ts'
const counter = 'scenarios/raft-counter.scenario.ts'

/** Mistakes around snapshots, and around what is handed on. Names are stable: reports use them. */
export const snapshotPlants: readonly Plant[] = [
  {
    name: 'snapshot-renamed-before-sync',
    source: 'Pillai and others, "All File Systems Are Not Created Equal", OSDI 2014: a rename that is durable before its data',
    file: 'systems/raft/snapshot-file.ts',
    replace: '    await file.sync()\n    file.close()\n',
    with: '    file.close()\n',
    expect: 'SnapshotCoversCommitted',
    subject: raft,
  },
  {
    name: 'snapshot-without-its-configuration',
    source: 'Raft dissertation, 5.1: the latest configuration in the snapshot is part of it',
    file: 'systems/raft/snapshot-sending.ts',
    replace: '    configuration: written(configurationAt(context.state, snapshot.index)),\n',
    with: '    configuration: null,\n',
    expect: ['JointQuorum', 'CommitDurable', 'members catch up'],
    subject: snapshots,
  },
  {
    name: 'snapshot-forgets-a-key',
    source: "openraft's simulation tests, Monotonic SM Keys: a key that was there is gone after a snapshot",
    file: 'systems/raft/replicated-map.ts',
    replace: '    this.#values = new Map(values)\n',
    with: '    this.#values = new Map(values.slice(0, 3))\n',
    expect: 'StateMachineSafety',
    subject: snapshots,
  },
  {
    name: 'lost-chunk-never-sent-again',
    source: 'Raft paper, 5.5: calls that are not answered are made again, without end',
    file: 'systems/raft/snapshot-sending.ts',
    replace: '  if (progress.snapshotIdle < PATIENCE_HEARTBEATS) return\n',
    with: '  if (progress.snapshotIdle >= 0) return\n',
    expect: 'members catch up',
    subject: snapshots,
    firstSeed: 21,
  },
  {
    name: 'older-snapshot-installed',
    source: 'Raft dissertation, 5: a snapshot that describes a prefix of the log is of no use',
    file: 'systems/raft/snapshot-receiving.ts',
    replace: '  if (snapshot.index <= state.commit && !isNeeded) {\n',
    with: '  if (snapshot.index < 0 && !isNeeded) {\n',
    expect: 'CommitMonotonic',
    subject: walk,
  },
  {
    name: 'snapshot-given-up-when-the-log-is-compacted',
    source: "A mistake of Seedfall's own: every compaction ended the snapshots that were on their way, and under load none arrived",
    file: 'systems/raft/snapshot-exchange.ts',
    replace: '(isOnItsWay || snapshot.position.index >= wanted.atLeast)',
    with: '!isOnItsWay && snapshot.position.index > wanted.atLeast',
    expect: 'members catch up',
    subject: snapshots,
    firstSeed: 2,
  },
  {
    name: 'compacted-before-flushed',
    source: "openraft's simulation tests, State Ordering: the log is purged up to what is applied, and the snapshot covers less",
    file: 'systems/raft/applied-state.ts',
    replace: 'const index = Math.min(this.flushed.index, lastIndex(log)) - trailing',
    with: 'const index = Math.min(this.index, lastIndex(log)) - trailing',
    expect: 'StateOrder',
    subject: snapshots,
  },
  {
    name: 'forwarded-twice',
    source: 'Raft dissertation, 6.3: a command that comes twice is executed twice, unless it is recognised',
    file: 'systems/raft/forwarding.ts',
    replace: 'let index = memory.answers.get(id)',
    with: 'let index = memory.answers.get(-1 - id)',
    expect: 'history (out-of-bounds)',
    subject: counter,
  },
  {
    name: 'add-tried-again',
    source: 'Jepsen, counters: an add that timed out may have happened; one that is tried again happens twice',
    file: 'scenarios/raft-map.ts',
    replace: "      case 'unknown':\n        throw new NetError",
    with: "      case 'unknown':\n        if (to === '') throw new NetError",
    expect: 'history (out-of-bounds)',
    subject: counter,
  },
]
