import { modelFamily } from 'seedfall'
import { raftModel } from 'seedfall/raft-model'

/** Seedfall's own Raft core, the one that runs in its systems, with the invariants of Raft and of what disks hold. */
export default modelFamily({
  name: 'raft',
  means: "Seedfall's Raft core: elections, replication and crashes with durable state",
  settings: {
    nodes: { kind: 'number', standard: 3, least: 1, most: 5, means: 'members' },
    terms: { kind: 'number', standard: 1, least: 1, most: 9, means: 'the highest term' },
    log: { kind: 'number', standard: 1, least: 1, most: 9, means: "entries of a log at most, a leader's first one included" },
    crashes: { kind: 'number', standard: 0, least: 0, most: 9, means: 'crashes of each member at most' },
    inputs: { kind: 'number', standard: 0, least: 0, most: 9, means: 'proposals, reads and compactions in all' },
    network: { kind: 'choice', standard: 'set', of: ['set', 'unordered', 'ordered', 'duplicating'], means: 'set: any loss and any duplication' },
  },
  make: ({ network, ...bounds }) => raftModel({ ...bounds, network: network as 'set' }),
})
