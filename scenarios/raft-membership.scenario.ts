import { raftInvariants } from '../invariants/raft/index.js'
import { type Host, s, scenario, system, type World } from '../sim/index.js'
import { blockedMember } from '../systems/raft/blocked.js'
import { MapMember } from '../systems/raft/replicated-map.js'
import { aLeaderCommits, mapClients, mapGroup, updateIsDone } from './raft-map.js'
import { namedMembersCatchUp, operate } from './raft-operator.js'

type Roles = { member: MapMember; operator: object }

/** A replicated map whose members change all the time, one by one and several at once, while disks are lost and machines replaced. */
const changingMap = system<Roles>({
  name: 'raft-membership',
  roles: {
    member: {
      count: 7,
      boot: (host: Host) => MapMember.boot(host),
      config: (_ordinal, options) => ({
        voters: 5,
        walSegmentBytes: options.walSegmentBytes,
        compactAfterEntries: options.compactAfterEntries,
        trailingEntries: options.trailingEntries,
        snapshotChunkBytes: 2_048,
        maxBatchBytes: options.maxBatchBytes,
      }),
    },
    operator: { count: 1, boot: operate, config: (_ordinal, options) => ({ pauseMillis: options.changeMillis, fewest: 3, most: 6 }) },
  },
  // No configuration has fewer than three voters: one of any is a minority.
  survives: { down: 1, wiped: 1, blackout: true, rollback: true, clockSkewMillis: 60_000, clockDriftPpm: 300_000 },
  waits: (process) => (process instanceof MapMember ? blockedMember(process.node) : []),
  columns: (process): Readonly<Record<string, string | number>> => {
    if (!(process instanceof MapMember)) return {}
    const { role, term, commit, members } = process.node
    return { role, term, commit, voters: members.voters.length }
  },
  targets: { leader: (world) => world.hosts.member.find((member) => member.process?.node.isLeader)?.name },
})

const group = mapGroup()

export default scenario({
  name: 'raft-membership',
  system: changingMap,
  workload: mapClients,
  invariants: raftInvariants<Roles>(group),
  faults: { strategy: 'random' },
  mustMeet: ['a later leader is elected', 'another configuration is in force', 'a snapshot is installed'],
  duration: s(40),
  healAt: s(30),
  options: {
    keys: { min: 1, max: 12 },
    ballastBytes: { min: 1, max: 1_000, log: true },
    thinkMicros: { min: 4_000, max: 60_000, log: true },
    changeMillis: { min: 50, max: 2_000, log: true, why: 'how often the operator asks for a change' },
    walSegmentBytes: { min: 4_096, max: 262_144, log: true },
    compactAfterEntries: { min: 8, max: 1_000, log: true },
    trailingEntries: { min: 1, max: 100, log: true },
    maxBatchBytes: { min: 256, max: 65_536, log: true },
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
