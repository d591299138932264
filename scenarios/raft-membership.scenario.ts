import { raftInvariants } from '../invariants/raft/index.js'
import { type Host, ms, NetError, s, scenario, system, type World } from '../sim/index.js'
import { blockedMember } from '../systems/raft/blocked.js'
import type { HostChange } from '../systems/raft/group-members.js'
import { type MapAnswer, type MapChange, MapMember, type MapMembers, mapOperatorApi } from '../systems/raft/replicated-map.js'
import { aLeaderCommits, mapClients, mapGroup, updateIsDone } from './raft-map.js'

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
    operator: { count: 1, boot: operate, config: (_ordinal, options) => ({ pauseMillis: options.changeMillis }) },
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

/** Asks for one change after the other, for ever; what becomes of each it does not care. */
function operate(host: Host): object {
  host.spawn('operate', async () => {
    const { pauseMillis } = host.config as { readonly pauseMillis: number }
    for (;;) {
      await host.clock.sleep(ms(1 + host.random.int(2 * pauseMillis)))
      try {
        await changeSomething(host)
      } catch (error) {
        // Nobody answered: the next change finds another leader.
        if (!(error instanceof NetError)) throw error
      }
    }
  })
  return {}
}

async function changeSomething(host: Host): Promise<void> {
  const hosts = host.peers.member as readonly string[]
  let to = host.random.pick(hosts)
  for (let attempt = 0; attempt < 5; attempt++) {
    const found: MapAnswer<MapMembers> = await host.net.call(mapOperatorApi, to, 'members', null, { timeout: ms(500) })
    if (found.kind === 'ok') {
      await host.net.call(mapOperatorApi, to, 'change', drawChange(host, hosts, found.result), { timeout: s(1) })
      return
    }
    to = found.kind === 'not-leader' && found.leader !== undefined ? found.leader : host.random.pick(hosts)
  }
}

/** Three to six voters, always. */
function drawChange(host: Host, hosts: readonly string[], { voters, outgoing }: MapMembers): MapChange {
  const { random } = host
  if (random.int(6) === 0) return { kind: 'transfer', to: random.pick(voters) }
  if (outgoing.length > 0) return { kind: 'leave' }
  const changes: HostChange[] = []
  let count = voters.length
  for (const name of hosts) {
    if (random.int(4) > 0) continue
    const votes = voters.includes(name)
    if (votes && count <= 3) continue
    if (!votes && count >= 6) continue
    const kind = votes ? random.pick(['remove', 'learner'] as const) : random.pick(['voter', 'voter', 'learner', 'remove'] as const)
    count += votes ? -1 : kind === 'voter' ? 1 : 0
    changes.push({ kind, host: name })
    if (random.int(2) === 0) break
  }
  return { kind: 'change', changes, through: random.pick(['auto', 'auto', 'joint', 'joint-until-told'] as const) }
}

const group = mapGroup()

/** Whom the newest configuration names has all that was committed when faults had ended. */
function membersCatchUp({ hosts: { member } }: World<Roles>): () => boolean {
  const committed = Math.max(...member.map(({ process }) => process?.node.commit ?? 0))
  return () => {
    const nodes = member.flatMap(({ process }) => process?.node ?? [])
    const newest = nodes.reduce<MapMember['node'] | null>((best, node) => (best === null || node.commit > best.commit ? node : best), null)
    const named = newest === null ? [] : [...newest.members.voters, ...newest.members.outgoing, ...newest.members.learners]
    return named.length > 0 && named.every((name) => (member.find((host) => host.name === name)?.process?.node.applied ?? 0) >= committed)
  }
}

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
    { name: 'members catch up', within: s(5), begin: membersCatchUp },
  ],
  eventually: [{ name: 'an update is done', within: s(5), ask: updateIsDone }],
  measurements: (world) => group.measurements(world),
  statistics(world) {
    const nodes = world.hosts.member.flatMap(({ process }) => (process === undefined ? [] : [process.node]))
    return { term: Math.max(0, ...nodes.map((node) => node.term)), applied: Math.max(0, ...nodes.map((node) => node.applied)), ...group.statistics(world) }
  },
})
