import { raftInvariants } from '../invariants/raft/index.js'
import { type Host, s, scenario, system } from '../sim/index.js'
import { blockedMember } from '../systems/raft/blocked.js'
import { MapMember } from '../systems/raft/replicated-map.js'
import { aLeaderCommits, mapClients, mapGroup, membersCatchUp, updateIsDone } from './raft-map.js'

/**
 * By how much the speeds of clocks may be off, in millionths: what the group takes for granted. Within it lies a clock that is slow by `driftPpm` and stands still
 * for `standstillMillis` in the time of one lease (40.4 ms of its own are at most 50.5 true ones and 10 more; the others, as fast, wait for 62.5). Nothing bounds
 * what is read from a leader whose clock stands still for longer: `tools/lease-drift.ts` shows it.
 */
export const driftBoundPpm = 300_000
export const driftPpm = 200_000
export const standstillMillis = 10

/** A replicated map whose leaders answer reads by their lease, under clocks that run as wrong as they may. */
const leasedMap = system<{ member: MapMember }>({
  name: 'raft-reads',
  roles: {
    member: {
      count: 5,
      boot: (host: Host) => MapMember.boot(host),
      config: (_ordinal, options) => ({
        leaseReadsDriftPpm: options.driftBoundPpm,
        compactAfterEntries: 200,
        trailingEntries: 20,
        walSegmentBytes: 32_768,
      }),
    },
  },
  survives: { down: 2, blackout: true, rollback: true, clockSkewMillis: 60_000, clockDriftPpm: driftPpm, clockFreezeMillis: standstillMillis },
  smaller: [{ member: 3 }],
  waits: ({ node }) => blockedMember(node),
  columns: ({ node }) => ({ role: node.role, term: node.term, commit: node.commit, lease: node.reads.byLease }),
  targets: { leader: (world) => world.hosts.member.find((member) => member.process?.node.isLeader)?.name },
})

const group = mapGroup()

export default scenario({
  name: 'raft-reads',
  system: leasedMap,
  workload: mapClients,
  invariants: raftInvariants<{ member: MapMember }>(group),
  faults: { strategy: 'random' },
  mustMeet: ['a later leader is elected'],
  duration: s(15),
  healAt: s(10),
  options: {
    keys: { min: 1, max: 3, why: 'few keys: a stale read is seen' },
    ballastBytes: { min: 1, max: 64, log: true },
    thinkMicros: { min: 2_000, max: 20_000, log: true },
    driftBoundPpm: { min: driftBoundPpm, max: driftBoundPpm, why: 'what clocks may be off; the group takes it for granted' },
  },
  recovery: [
    { name: 'a leader commits', within: s(5), begin: aLeaderCommits },
    { name: 'members catch up', within: s(5), begin: membersCatchUp },
  ],
  eventually: [{ name: 'an update is done', within: s(5), ask: updateIsDone }],
  measurements: (world) => group.measurements(world),
  statistics(world) {
    const nodes = world.hosts.member.flatMap(({ process }) => (process === undefined ? [] : [process.node]))
    return { 'lease reads': nodes.reduce((sum, node) => sum + node.reads.byLease, 0), ...group.statistics(world) }
  },
})
