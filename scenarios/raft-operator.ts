import { type Host, ms, NetError, s, type World } from '../sim/index.js'
import type { HostChange } from '../systems/raft/group-members.js'
import { type MapAnswer, type MapChange, type MapMember, type MapMembers, mapOperatorApi } from '../systems/raft/replicated-map.js'

export interface OperatorConfig {
  /** Between changes, on average. */
  readonly pauseMillis: number
  /** Voters that the operator leaves at least, and makes at most. */
  readonly fewest: number
  readonly most: number
}

/** Asks for one change after the other, for ever; what becomes of each it does not care. `host.config` is an `OperatorConfig`. */
export function operate(host: Host): object {
  host.spawn('operate', async () => {
    const config = host.config as OperatorConfig
    for (;;) {
      await host.clock.sleep(ms(1 + host.random.int(2 * config.pauseMillis)))
      try {
        await changeSomething(host, config)
      } catch (error) {
        // Nobody answered: the next change finds another leader.
        if (!(error instanceof NetError)) throw error
      }
    }
  })
  return {}
}

async function changeSomething(host: Host, config: OperatorConfig): Promise<void> {
  const hosts = host.peers.member as readonly string[]
  let to = host.random.pick(hosts)
  for (let attempt = 0; attempt < 5; attempt++) {
    const found: MapAnswer<MapMembers> = await host.net.call(mapOperatorApi, to, 'members', null, { timeout: ms(500) })
    if (found.kind === 'ok') {
      await host.net.call(mapOperatorApi, to, 'change', drawChange(host, hosts, found.result, config), { timeout: s(1) })
      return
    }
    to = found.kind === 'not-leader' && found.leader !== undefined ? found.leader : host.random.pick(hosts)
  }
}

function drawChange(host: Host, hosts: readonly string[], { voters, outgoing }: MapMembers, { fewest, most }: OperatorConfig): MapChange {
  const { random } = host
  if (random.int(6) === 0) return { kind: 'transfer', to: random.pick(voters) }
  if (outgoing.length > 0) return { kind: 'leave' }
  const changes: HostChange[] = []
  let count = voters.length
  for (const name of hosts) {
    if (random.int(4) > 0) continue
    const votes = voters.includes(name)
    if (votes && count <= fewest) continue
    if (!votes && count >= most) continue
    const kind = votes ? random.pick(['remove', 'learner'] as const) : random.pick(['voter', 'voter', 'learner', 'remove'] as const)
    count += votes ? -1 : kind === 'voter' ? 1 : 0
    changes.push({ kind, host: name })
    if (random.int(2) === 0) break
  }
  return { kind: 'change', changes, through: random.pick(['auto', 'auto', 'joint', 'joint-until-told'] as const) }
}

/** Whom the newest configuration names has all that was committed when faults had ended. */
export function namedMembersCatchUp({ hosts: { member } }: World<{ member: MapMember; operator: object }>): () => boolean {
  const committed = Math.max(...member.map(({ process }) => process?.node.commit ?? 0))
  return () => {
    const nodes = member.flatMap(({ process }) => process?.node ?? [])
    const newest = nodes.reduce<MapMember['node'] | null>((best, node) => (best === null || node.commit > best.commit ? node : best), null)
    const named = newest === null ? [] : [...newest.members.voters, ...newest.members.outgoing, ...newest.members.learners]
    return named.length > 0 && named.every((name) => (member.find((host) => host.name === name)?.process?.node.applied ?? 0) >= committed)
  }
}
