import type { Plant } from '../../tools/plant/plant.js'
import { again } from './scenario-plants.js'

const walk = 'test/plants/raft-walk.hunt.ts'
const model = 'test/plants/raft-model.hunt.ts'
const changingWalk = 'test/plants/raft-changing-walk.hunt.ts'
const membership = 'scenarios/raft-membership.scenario.ts'
const reads = 'scenarios/raft-reads.scenario.ts'

/** Of the zoo's Raft entries, those that are not among the other plants already: R1, R2, R4, R5 and R8 are. */
const zoo: readonly Plant[] = [
  {
    name: 'earlier-term-counted',
    source: 'R3: Raft paper, figure 8: only entries of the leader’s own term are committed by counting',
    file: 'systems/raft/commit.ts',
    replace: 'if (index <= state.commit || termAt(state.log, index) !== state.term) return false',
    with: 'if (index <= state.commit) return false',
    expect: ['LeaderCompleteness', 'CommitDurable', 'StateMachineSafety', 'TruncateOnConflict'],
    subject: walk,
    isThorough: true,
  },
  {
    name: 'read-before-own-term',
    source: 'R6: etcd 3189a66: a new leader does not know what its predecessors committed before it has committed in its own term',
    file: 'systems/raft/read-index.ts',
    replace: 'if (reads.waiting.length === 0 || reads.serving !== null || state.commit < state.firstOwnIndex) return false',
    with: 'if (reads.waiting.length === 0 || reads.serving !== null) return false',
    expect: 'ReadNotStale',
    subject: walk,
    isThorough: true,
  },
  {
    name: 'joint-forgotten-at-restart',
    source: 'R7: openraft 6c0ccaf3: a joint configuration is ignored after a restart',
    file: 'systems/raft/recovery.ts',
    replace: '  const { configuration } = configurations[inForce] as PlacedConfiguration\n',
    with: '  const configuration = { ...(configurations[inForce] as PlacedConfiguration).configuration, outgoing: [] }\n',
    expect: 'JointQuorum',
    subject: changingWalk,
    isThorough: true,
  },
  {
    name: 'change-before-own-term',
    source:
      'R9: Ongaro, "bug in single-server membership changes", raft-dev 2015: a new leader changes the configuration before it has committed in its own term',
    file: 'systems/raft/leadership.ts',
    replace: '  state.changeAfter = next\n',
    with: '  state.changeAfter = 0\n',
    expect: 'ChangesFollow',
    subject: changingWalk,
    isThorough: true,
  },
  {
    name: 'lease-without-quorum',
    source: 'R10: Raft dissertation, 6.4.1: a lease begins with a round that a majority has answered',
    file: 'systems/raft/read-lease.ts',
    replace: 'if (round === 0 || reads.confirmed < round) return',
    with: 'if (round === 0) return',
    expect: ['ReadNotStale', 'LeaseExclusive'],
    subject: reads,
    isThorough: true,
  },
]

const inAnother = (plant: string, suffix: string, subject: string, expect: string): Plant => {
  const found = zoo.find(({ name }) => name === plant)
  if (found === undefined) return again(plant, suffix, subject, expect)
  return { ...found, name: `${plant}-${suffix}`, subject, expect, isThorough: false }
}

export const zooPlants: readonly Plant[] = [
  ...zoo,
  inAnother('joint-forgotten-at-restart', 'in-the-map', membership, 'JointQuorum'),
  inAnother('change-before-own-term', 'in-the-map', membership, 'ChangesFollow'),
  inAnother('change-before-own-term', 'in-the-model', model, 'ChangesFollow'),
]
