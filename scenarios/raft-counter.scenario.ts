import { raftInvariants } from '../invariants/raft/index.js'
import { checkCounter, type Finding, judgeOf } from '../sim/check/index.js'
import { type History, type Host, type Random, s, scenario, system, us, workload } from '../sim/index.js'
import { blockedMember } from '../systems/raft/blocked.js'
import { MapMember, mapApi } from '../systems/raft/replicated-map.js'
import { aLeaderCommits, mapGroup, membersCatchUp, perform, updateIsDone } from './raft-map.js'

type CounterOp = { readonly f: 'add'; readonly key: string; readonly value: number } | { readonly f: 'read'; readonly key: string }

/** Counters on one Raft group whose followers hand proposals on: what is done twice, or not at all, shows in the sums. */
const counters = system<{ member: MapMember }>({
  name: 'raft-counter',
  roles: {
    member: {
      count: 5,
      boot: (host: Host) => MapMember.boot(host),
      config: (_ordinal, options) => ({
        forwardsProposals: true,
        compactAfterEntries: options.compactAfterEntries,
        trailingEntries: 10,
        walSegmentBytes: 16_384,
        maxBatchBytes: options.maxBatchBytes,
      }),
    },
  },
  survives: { down: 2, wiped: 0, blackout: true, rollback: true, clockSkewMillis: 60_000, clockDriftPpm: 300_000, clockFreezeMillis: 3_000 },
  smaller: [{ member: 3 }],
  waits: ({ node }) => blockedMember(node),
  columns: ({ node }) => ({ role: node.role, term: node.term, commit: node.commit, last: node.lastIndex }),
  targets: { leader: (world) => world.hosts.member.find((member) => member.process?.node.isLeader)?.name },
})

const clients = workload<CounterOp, number | boolean>({
  clients: 4,
  generate(random: Random, _client: number, _index: number, options): CounterOp {
    const key = `c${random.int(options.keys as number)}`
    return random.int(3) === 0 ? { f: 'read', key } : { f: 'add', key, value: 1 + random.int(9) }
  },
  async perform(host, op) {
    const { key } = op
    if (op.f === 'read') return (await perform(host, (to) => host.net.call(mapApi, to, 'read', { key }, { timeout: s(1) }))) ?? 0
    // Once a request may have been handed on, nobody can tell what becomes of it: an add is never asked for again.
    return perform(host, (to) => host.net.call(mapApi, to, 'update', op, { timeout: s(1) }))
  },
  think: (random, options) => random.int(us(2 * (options.thinkMicros as number)) + 1),
  judge: judgeOf(countsRight),
})

/** Each counter by itself: no read shows less than was acknowledged before it, or more than was ever asked for until its answer. */
function countsRight(history: History<CounterOp, number | boolean>): Finding[] {
  const keys = [...new Set(history.map(({ op }) => op.key))]
  return keys.flatMap((key) => checkCounter(history.filter(({ op }) => op.key === key))).sort((a, b) => a.record.invokedAtStep - b.record.invokedAtStep)
}

const group = mapGroup()

export default scenario({
  name: 'raft-counter',
  system: counters,
  workload: clients,
  invariants: raftInvariants<{ member: MapMember }>(group),
  faults: { strategy: 'random' },
  mustMeet: ['a later leader is elected', 'a conflicting tail is replaced', 'a follower hands a proposal on'],
  duration: s(15),
  healAt: s(11),
  options: {
    keys: { min: 1, max: 3 },
    thinkMicros: { min: 4_000, max: 60_000, log: true },
    compactAfterEntries: { min: 20, max: 1_000, log: true },
    maxBatchBytes: { min: 256, max: 65_536, log: true },
  },
  recovery: [
    { name: 'a leader commits', within: s(5), begin: aLeaderCommits },
    { name: 'members catch up', within: s(5), begin: membersCatchUp },
  ],
  eventually: [
    { name: 'an update is done', within: s(5), ask: updateIsDone },
    {
      // Nobody gives them a time: what was handed on and lost, or answered and lost, has to end by itself.
      name: 'every proposal is settled',
      within: s(5),
      holds: ({ hosts: { member } }) => member.every(({ process }) => process?.node.pendingProposals === 0),
    },
  ],
  measurements: (world) => group.measurements(world),
  statistics(world, history) {
    const answered = history.filter(({ op, outcome }) => op.f === 'add' && outcome.kind === 'ok')
    return { 'acknowledged adds': answered.length, ...group.statistics(world) }
  },
})
