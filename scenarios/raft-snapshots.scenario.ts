import { raftInvariants } from '../invariants/raft/index.js'
import { type Host, type HostName, ms, s, scenario, system, type World } from '../sim/index.js'
import { blockedMember } from '../systems/raft/blocked.js'
import type { RaftNode } from '../systems/raft/raft-node.js'
import { MapMember, snapshotDirectory } from '../systems/raft/replicated-map.js'
import { aLeaderCommits, mapClients, mapGroup, updateIsDone } from './raft-map.js'
import { namedMembersCatchUp, operate } from './raft-operator.js'
import { newestBatchRot } from './raft-rot.js'

type Roles = { member: MapMember; operator: object }

/**
 * A replicated map with a log so short that whoever misses a moment needs a snapshot, and snapshots of so many chunks that they race with everything: with
 * compaction, changes of the members and of the leader, crashes of who sends and of who receives, chunks lost, doubled and out of order, state files that rot, and ends
 * of logs that do, applied already.
 */
const compactingMap = system<Roles>({
  name: 'raft-snapshots',
  roles: {
    member: {
      count: 5,
      boot: (host: Host) => MapMember.boot(host),
      config: (_ordinal, options) => ({
        walSegmentBytes: options.walSegmentBytes,
        compactAfterEntries: options.compactAfterEntries,
        trailingEntries: options.trailingEntries,
        snapshotChunkBytes: options.snapshotChunkBytes,
        snapshotIdle: ms(options.snapshotIdleMillis as number),
        maxEntriesForSnapshots: options.maxEntriesForSnapshots,
        maxBatchBytes: 4_096,
      }),
      versions: {
        // A snapshot that is cut another way, and members that leave in order while they send or receive one.
        recut: {
          config: (_ordinal, options) => ({
            walSegmentBytes: options.walSegmentBytes,
            compactAfterEntries: options.compactAfterEntries,
            trailingEntries: 0,
            snapshotChunkBytes: 1 + 3 * (options.snapshotChunkBytes as number),
            snapshotIdle: ms(100),
            maxEntriesForSnapshots: 1_000,
            maxBatchBytes: 1_024,
          }),
        },
      },
    },
    operator: { count: 1, boot: operate, config: (_ordinal, options) => ({ pauseMillis: options.changeMillis, fewest: 3, most: 5 }) },
  },
  // Of three voters one may be away. Only one disk is ever damaged or lost, so that who lost its state and who is in doubt of its log are the same.
  survives: {
    down: 1,
    wiped: 1,
    corruptCopies: 2,
    damagedHosts: 1,
    blackout: true,
    rollback: true,
    clockSkewMillis: 60_000,
    clockDriftPpm: 300_000,
    clockFreezeMillis: 1_000,
  },
  // It is written under another name, and takes the place of the one before once it is whole.
  replicaUnit: (_host, path) => (path.startsWith(`${snapshotDirectory}/snapshot`) ? 'state' : null),
  waits: (process) => (process instanceof MapMember ? blockedMember(process.node) : []),
  columns: (process): Readonly<Record<string, string | number>> => {
    if (!(process instanceof MapMember)) return {}
    const { role, commit, machineState } = process.node
    const { incoming, log } = machineState
    return { role, commit, base: log.base.index, receives: incoming === null ? '-' : `${incoming.received} of ${incoming.total}` }
  },
  targets: { sender: memberThat(sends), receiver: memberThat(receives) },
})

function sends({ machineState: { progress } }: RaftNode): boolean {
  return progress.some((follower) => follower?.mode === 'snapshot')
}

function receives({ machineState: { incoming, installing } }: RaftNode): boolean {
  return incoming !== null || installing !== null
}

function memberThat(does: (node: RaftNode) => boolean): (world: World<Roles>) => HostName | undefined {
  return ({ hosts: { member } }) => member.find(({ process }) => process !== undefined && does(process.node))?.name
}

const group = mapGroup({ rots: true })

export default scenario({
  name: 'raft-snapshots',
  system: compactingMap,
  workload: mapClients,
  invariants: raftInvariants<Roles>(group),
  faults: { strategy: 'targeted', custom: [newestBatchRot((process) => (process instanceof MapMember ? process.node : undefined))] },
  mustMeet: [
    'a snapshot is installed',
    'a snapshot comes in several chunks',
    'a chunk of a snapshot is sent again',
    'a snapshot is begun anew in the middle',
    'a later leader begins a snapshot in the middle of another',
    'a snapshot is older than the log by the time it is asked for',
    'another configuration is in force',
    'the configuration changes in the middle of a snapshot',
    'a replica finds its state damaged',
    'a lost state is supplied by the leader',
    'a replica finds its log shorter than its state',
    'a later leader is elected',
  ],
  duration: s(20),
  healAt: s(15),
  options: {
    keys: { min: 4, max: 24 },
    ballastBytes: { min: 1_000, max: 8_000, log: true, why: 'a large state has many chunks' },
    thinkMicros: { min: 6_000, max: 40_000, log: true },
    changeMillis: { min: 50, max: 2_000, log: true, why: 'how often the operator asks for a change' },
    walSegmentBytes: { min: 2_048, max: 65_536, log: true },
    compactAfterEntries: { min: 2, max: 100, log: true },
    trailingEntries: { min: 0, max: 10 },
    snapshotChunkBytes: { min: 32, max: 512, log: true },
    maxEntriesForSnapshots: { min: 300, max: 10_000, log: true, why: 'few: who was away needs one snapshot after the other' },
    snapshotIdleMillis: { min: 100, max: 2_000, log: true, why: 'how long a captured snapshot is kept: new ones are captured in between' },
  },
  recovery: [
    { name: 'a leader commits', within: s(5), begin: (world: World<Roles>) => aLeaderCommits(world as never) },
    { name: 'members catch up', within: s(5), begin: namedMembersCatchUp },
  ],
  eventually: [{ name: 'an update is done', within: s(5), ask: updateIsDone }],
  measurements: (world) => group.measurements(world),
  statistics(world) {
    const nodes = world.hosts.member.flatMap(({ process }) => (process === undefined ? [] : [process.node]))
    return { term: Math.max(0, ...nodes.map((node) => node.term)), applied: Math.max(0, ...nodes.map((node) => node.applied)), ...group.statistics(world) }
  },
})
