import { raftInvariants } from '../invariants/raft/index.js'
import { type Host, ms, s, scenario, system } from '../sim/index.js'
import { blockedMember } from '../systems/raft/blocked.js'
import { MapMember } from '../systems/raft/replicated-map.js'
import { aLeaderCommits, mapClients, mapGroup, membersCatchUp, updateIsDone } from './raft-map.js'

/** A replicated map on one Raft group, through everything that it should survive. */
const raftMap = system<{ member: MapMember }>({
  name: 'raft-map',
  roles: {
    member: {
      count: 5,
      boot: (host: Host) => MapMember.boot(host),
      config: (_ordinal, options) => ({
        walSegmentBytes: options.walSegmentBytes,
        compactAfterEntries: options.compactAfterEntries,
        trailingEntries: options.trailingEntries,
        snapshotChunkBytes: options.snapshotChunkBytes,
        maxBatchBytes: options.maxBatchBytes,
      }),
      versions: {
        // Other limits and times than before, in the same group.
        patient: {
          config: (_ordinal, options) => ({
            walSegmentBytes: 2 * (options.walSegmentBytes as number),
            compactAfterEntries: options.compactAfterEntries,
            trailingEntries: 16,
            snapshotChunkBytes: 4_096,
            maxBatchBytes: 1_024,
            maxInflightMessages: 4,
            heartbeat: ms(30),
            electionTimeout: [ms(90), ms(180)],
          }),
        },
      },
    },
  },
  survives: { down: 2, wiped: 0, blackout: true, rollback: true, clockSkewMillis: 60_000, clockDriftPpm: 300_000, clockFreezeMillis: 3_000 },
  smaller: [{ member: 3 }],
  waits: ({ node }) => blockedMember(node),
  columns: ({ node }) => ({ role: node.role, term: node.term, commit: node.commit, last: node.lastIndex }),
  targets: { leader: (world) => world.hosts.member.find((member) => member.process?.node.isLeader)?.name },
})

const group = mapGroup()

export default scenario({
  name: 'raft',
  system: raftMap,
  workload: mapClients,
  invariants: raftInvariants<{ member: MapMember }>(group),
  faults: { strategy: 'random' },
  mustMeet: [
    'a later leader is elected',
    'a snapshot is installed',
    'a conflicting tail is replaced',
    'a torn tail is cut off',
    'stops in order when it is asked to',
  ],
  duration: s(60),
  healAt: s(45),
  options: {
    keys: { min: 1, max: 12, why: 'few keys: contention; many: larger snapshots' },
    ballastBytes: { min: 1, max: 3_000, log: true },
    thinkMicros: { min: 2_000, max: 60_000, log: true },
    walSegmentBytes: { min: 2_048, max: 262_144, log: true },
    compactAfterEntries: { min: 8, max: 2_000, log: true },
    trailingEntries: { min: 1, max: 100, log: true, why: 'few: a slow follower needs a snapshot' },
    snapshotChunkBytes: { min: 256, max: 65_536, log: true },
    maxBatchBytes: { min: 256, max: 65_536, log: true },
  },
  recovery: [
    { name: 'a leader commits', within: s(5), begin: aLeaderCommits },
    { name: 'members catch up', within: s(5), begin: membersCatchUp },
  ],
  eventually: [
    {
      name: 'members agree',
      within: s(5),
      holds: ({ hosts: { member } }) => {
        const [first, ...others] = member.map(({ process }) => process)
        return first !== undefined && others.every((other) => other?.node.applied === first.node.applied && other.state.digest === first.state.digest)
      },
    },
    { name: 'an update is done', within: s(5), ask: updateIsDone },
  ],
  measurements: (world) => group.measurements(world),
  statistics(world) {
    const { member } = world.hosts
    const nodes = member.flatMap(({ process }) => (process === undefined ? [] : [process.node]))
    return { term: Math.max(0, ...nodes.map((node) => node.term)), applied: Math.max(0, ...nodes.map((node) => node.applied)), ...group.statistics(world) }
  },
})
