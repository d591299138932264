import { RaftObservation, raftInvariants } from '../invariants/raft/index.js'
import type { KvOp } from '../sim/check/linearizability/models.js'
import { type Host, linearizable, ms, NetError, OperationFailed, type Random, s, scenario, system, us, type World, workload } from '../sim/index.js'
import { blockedMember } from '../systems/raft/blocked.js'
import { type MapAnswer, MapMember, mapApi, snapshotDirectory } from '../systems/raft/replicated-map.js'
import { durableSnapshot } from '../systems/raft/snapshot-file.js'

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

type MapOp = Extract<KvOp, { f: 'get' | 'cas' }> | { readonly f: 'put'; readonly key: string; readonly value: number; readonly ballast: number }

const clients = workload<MapOp, unknown>({
  clients: 3,
  generate(random: Random, client: number, index: number, options): MapOp {
    const key = `k${random.int(options.keys as number)}`
    const fresh = client * 1_000_000 + index
    const die = random.int(10)
    if (die < 4) return { f: 'get', key }
    if (die < 5) return { f: 'cas', key, from: random.int(3) * 1_000_000 + random.int(index + 1), to: fresh }
    return { f: 'put', key, value: fresh, ballast: random.int((options.ballastBytes as number) + 1) }
  },
  perform: (host, op) =>
    op.f === 'get' ? perform(host, (to) => host.net.call(mapApi, to, 'read', { key: op.key as string }, { timeout: s(1) })) : update(host, op),
  think: (random, options) => random.int(us(2 * (options.thinkMicros as number)) + 1),
  judge: linearizable('kv') as never,
})

function update(host: Host, op: MapOp & { f: 'put' | 'cas' }): Promise<boolean> {
  const command = op.f === 'put' ? op : { f: 'cas' as const, key: op.key as string, from: op.from as number, to: op.to as number }
  return perform(host, (to) => host.net.call(mapApi, to, 'update', command, { timeout: s(1) }))
}

/** Looks for the leader; asks again only when the request was certainly not done. */
async function perform<Result>(host: Host, ask: (to: string) => Promise<MapAnswer<Result>>): Promise<Result> {
  const members = host.peers.member as readonly string[]
  let to = host.random.pick(members)
  for (let attempt = 0; attempt < 10; attempt++) {
    const answer = await ask(to)
    switch (answer.kind) {
      case 'ok':
        return answer.result
      case 'unknown':
        throw new NetError('timeout', `${to} cannot tell what became of the request`)
      case 'not-leader':
        if (answer.leader !== undefined && answer.leader !== to) {
          to = answer.leader
          continue
        }
        to = host.random.pick(members)
        break
      case 'busy':
        break
    }
    await host.clock.sleep(ms(20))
  }
  throw new OperationFailed('no member would take the request')
}

const group = new RaftObservation({
  nodes: (process) => [(process as MapMember).node],
  durableState: (host) => durableSnapshot(host.durable, snapshotDirectory),
  digest: (process) => (process as MapMember).state.digest,
})

/** What was committed when faults had ended is applied everywhere, whatever has been written since. */
function membersCatchUp({ hosts: { member } }: World<{ member: MapMember }>): () => boolean {
  const committed = Math.max(...member.map(({ process }) => process?.node.commit ?? 0))
  return () => member.every(({ process }) => (process?.node.applied ?? 0) >= committed)
}

/** Somebody leads in the latest term and has committed in it. It asks nothing of the clients: a leader's term begins with an entry of its own. */
function aLeaderCommits({ hosts: { member } }: World<{ member: MapMember }>): () => boolean {
  return () => {
    const nodes = member.flatMap(({ process }) => process?.node ?? [])
    const latest = Math.max(...nodes.map(({ term }) => term))
    return nodes.some((node) => node.isLeader && node.term === latest && node.termAt(node.commit) === latest)
  }
}

/** Clients whose operations all fail are busy, and get nowhere: the group must still do something. */
async function updateIsDone(host: Host): Promise<string | null> {
  try {
    await update(host, { f: 'put', key: 'k0', value: 0, ballast: 0 })
    return null
  } catch (error) {
    if (error instanceof OperationFailed) return error.message
    throw error
  }
}

export default scenario({
  name: 'raft',
  system: raftMap,
  workload: clients,
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
