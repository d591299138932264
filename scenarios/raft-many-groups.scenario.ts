import { RaftObservation, raftInvariants } from '../invariants/raft/index.js'
import { type Host, linearizable, ms, OperationFailed, type Random, s, scenario, system, us, type World, workload } from '../sim/index.js'
import { blockedMember } from '../systems/raft/blocked.js'
import { groupName, hostsOf, MapStore, manyMapsApi, mapDirectory } from '../systems/raft/many-maps.js'
import { durableSnapshot } from '../systems/raft/snapshot-file.js'
import { type MapOp, perform } from './raft-map.js'

type Roles = { store: MapStore }

const replicas = 3
const keysPerGroup = 3

/** Many groups of three on five hosts: one write-ahead log a host, shared heartbeats, and rest for groups that nobody asks. */
const stores = system<Roles>({
  name: 'raft-many-maps',
  roles: {
    store: {
      count: 5,
      boot: (host: Host) => MapStore.boot(host),
      config: (_ordinal, options) => ({
        groups: options.groups,
        replicas,
        restAfterHeartbeats: options.restAfterHeartbeats,
        mostSegments: 3,
        walSegmentBytes: options.walSegmentBytes,
        compactAfterEntries: options.compactAfterEntries,
        trailingEntries: options.trailingEntries,
        snapshotChunkBytes: options.snapshotChunkBytes,
        maxBatchBytes: options.maxBatchBytes,
      }),
    },
  },
  survives: { down: 2, wiped: 0, blackout: true, rollback: true, clockSkewMillis: 60_000, clockDriftPpm: 300_000, clockFreezeMillis: 3_000 },
  waits: ({ store }) => store.nodes.flatMap(blockedMember),
  columns: ({ store: { nodes } }) => ({
    leads: nodes.flatMap((node) => (node.isLeader ? [node.group] : [])).join(' ') || '-',
    rests: nodes.filter((node) => node.machineState.isResting).length,
  }),
  targets: { leader: (world) => leaderOfMost(world) },
})

function leaderOfMost({ hosts: { store } }: World<Roles>): string | undefined {
  let best: { name: string; leads: number } | undefined
  for (const { name, process } of store) {
    const leads = process?.store.nodes.filter((node) => node.isLeader).length ?? 0
    if (leads > (best?.leads ?? 0)) best = { name, leads }
  }
  return best?.name
}

const observation = new RaftObservation({
  nodes: (process) => (process instanceof MapStore ? process.store.nodes : []),
  durableState: (host, { group }) => durableSnapshot(host.durable, mapDirectory(group)),
  digest: (process, { group }) => (process as MapStore).maps.get(group)?.state.digest ?? 0,
})

// ---------------------------------------------------------------- clients

/** Some groups are busy, the others are asked now and then. */
const clients = workload<MapOp, unknown>({
  clients: 3,
  generate(random: Random, client: number, index: number, options): MapOp {
    const { groups = 1, busyGroups = 1 } = options
    const group = random.int(10) === 0 ? random.int(groups) : random.int(Math.min(groups, busyGroups))
    const key = `${groupName(group)}/k${random.int(keysPerGroup)}`
    const fresh = client * 1_000_000 + index
    const die = random.int(10)
    if (die < 4) return { f: 'get', key }
    if (die < 5) return { f: 'cas', key, from: random.int(3) * 1_000_000 + random.int(index + 1), to: fresh }
    return { f: 'put', key, value: fresh, ballast: random.int((options.ballastBytes as number) + 1) }
  },
  perform: (host, operation) => ask(host, operation),
  think: (random, options) => random.int(us(2 * (options.thinkMicros as number)) + 1),
  judge: linearizable('kv') as never,
})

function ask(host: Host, operation: MapOp): Promise<unknown> {
  const group = (operation.key as string).split('/')[0] as string
  const members = hostsOf(host.peers.store ?? [], Number(group.slice(1)), replicas)
  if (operation.f === 'get')
    return perform<number | null>(host, (to) => host.net.call(manyMapsApi, to, 'read', { group, key: operation.key as string }, { timeout: s(1) }), members)
  const key = operation.key as string
  const command =
    operation.f === 'put'
      ? { f: 'put' as const, key, value: operation.value as number, ballast: operation.ballast }
      : { f: 'cas' as const, key, from: operation.from as number, to: operation.to as number }
  return perform<boolean>(host, (to) => host.net.call(manyMapsApi, to, 'update', { group, command }, { timeout: s(1) }), members)
}

// ---------------------------------------------------------------- once faults have ended

const replicasOf = ({ hosts: { store } }: World<Roles>, group: string) => store.flatMap(({ process }) => process?.maps.get(group) ?? [])

const groupsOf = ({ hosts: { store } }: World<Roles>): string[] => [...new Set(store.flatMap(({ process }) => [...(process?.maps.keys() ?? [])]))].sort()

/** Every group has a leader in its latest term that has committed in it, resting or not. */
function everyGroupIsLed(world: World<Roles>): boolean {
  return groupsOf(world).every((group) => {
    const nodes = replicasOf(world, group).map(({ node }) => node)
    const latest = Math.max(...nodes.map(({ term }) => term))
    return nodes.length === replicas && nodes.some((node) => node.isLeader && node.term === latest && node.termAt(node.commit) === latest)
  })
}

function membersCatchUp(world: World<Roles>): () => boolean {
  const committed = new Map(groupsOf(world).map((group) => [group, Math.max(...replicasOf(world, group).map(({ node }) => node.commit))]))
  return () =>
    [...committed].every(([group, commit]) => {
      const members = replicasOf(world, group)
      return members.length === replicas && members.every(({ node }) => node.applied >= commit)
    })
}

async function everyGroupTakesUpdates(host: Host): Promise<string | null> {
  const { groups = 1 } = host.config as { groups?: number }
  for (let group = 0; group < groups; group++) {
    try {
      await ask(host, { f: 'put', key: `${groupName(group)}/k0`, value: 0, ballast: 0 })
    } catch (error) {
      if (error instanceof OperationFailed) return `${groupName(group)}: ${error.message}`
      throw error
    }
  }
  return null
}

export default scenario<Roles, MapOp, unknown>({
  name: 'raft-many-groups',
  system: stores,
  workload: clients,
  invariants: raftInvariants<Roles>(observation),
  faults: { strategy: 'random' },
  mustMeet: [
    'a later leader is elected',
    'a torn tail is cut off',
    'groups share a sync',
    'heartbeats of several groups share a packet',
    'an idle group rests',
    'a resting group is woken',
    'an idle group is repeated in a new segment',
  ],
  duration: s(30),
  healAt: s(20),
  options: {
    groups: { min: 5, max: 20 },
    busyGroups: { min: 1, max: 20, why: 'few: most groups rest' },
    restAfterHeartbeats: { min: 1, max: 20, log: true },
    ballastBytes: { min: 1, max: 1_000, log: true },
    thinkMicros: { min: 2_000, max: 60_000, log: true },
    walSegmentBytes: { min: 4_096, max: 65_536, log: true },
    compactAfterEntries: { min: 8, max: 500, log: true },
    trailingEntries: { min: 1, max: 50, log: true },
    snapshotChunkBytes: { min: 256, max: 65_536, log: true },
    maxBatchBytes: { min: 256, max: 65_536, log: true },
  },
  recovery: [{ name: 'members catch up', within: s(5), begin: membersCatchUp }],
  eventually: [
    { name: 'every group is led', within: s(5), holds: everyGroupIsLed },
    {
      name: 'members agree',
      within: s(5),
      holds: (world) =>
        groupsOf(world).every((group) => {
          const [first, ...others] = replicasOf(world, group)
          return first !== undefined && others.every((other) => other.node.applied === first.node.applied && other.state.digest === first.state.digest)
        }),
    },
    { name: 'every group takes an update', within: ms(20_000), ask: everyGroupTakesUpdates },
  ],
  measurements: (world) => observation.measurements(world),
  statistics(world) {
    const nodes = world.hosts.store.flatMap(({ process }) => process?.store.nodes ?? [])
    return {
      applied: nodes.reduce((sum, node) => sum + node.applied, 0),
      'resting members': nodes.filter((node) => node.machineState.isResting).length,
      ...observation.statistics(world),
    }
  },
})
