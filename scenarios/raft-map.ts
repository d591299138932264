import { RaftObservation } from '../invariants/raft/index.js'
import type { KvOp } from '../sim/check/linearizability/models.js'
import { type Host, linearizable, ms, NetError, OperationFailed, type Random, s, us, type World, workload } from '../sim/index.js'
import { type MapAnswer, MapMember, mapApi, snapshotDirectory } from '../systems/raft/replicated-map.js'
import { durableSnapshot } from '../systems/raft/snapshot-file.js'

/** What the scenarios of a replicated map share: clients, what is looked at, and what has to hold once faults have ended. */
export type MapOp = Extract<KvOp, { f: 'get' | 'cas' }> | { readonly f: 'put'; readonly key: string; readonly value: number; readonly ballast: number }

export const mapClients = workload<MapOp, unknown>({
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
export async function perform<Result>(
  host: Host,
  ask: (to: string) => Promise<MapAnswer<Result>>,
  members: readonly string[] = host.peers.member as readonly string[],
): Promise<Result> {
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

/** `rots`: state files may be damaged long after they were written whole, so that one that is damaged says nothing of how it was written. */
export const mapGroup = ({ rots = false } = {}): RaftObservation =>
  new RaftObservation({
    nodes: (process) => (process instanceof MapMember ? [process.node] : []),
    durableState: (host) => durableSnapshot(host.durable, snapshotDirectory) ?? (rots ? everything : null),
    digest: (process) => (process as MapMember).state.digest,
  })

const everything = { index: Number.MAX_SAFE_INTEGER, term: 0 }

/** What was committed when faults had ended is applied everywhere, whatever has been written since. */
export function membersCatchUp({ hosts: { member } }: World<{ member: MapMember }>): () => boolean {
  const committed = Math.max(...member.map(({ process }) => process?.node.commit ?? 0))
  return () => member.every(({ process }) => (process?.node.applied ?? 0) >= committed)
}

/** Somebody leads in the latest term and has committed in it. It asks nothing of the clients: a leader's term begins with an entry of its own. */
export function aLeaderCommits({ hosts: { member } }: World<{ member: MapMember }>): () => boolean {
  return () => {
    const nodes = member.flatMap(({ process }) => process?.node ?? [])
    const latest = Math.max(...nodes.map(({ term }) => term))
    return nodes.some((node) => node.isLeader && node.term === latest && node.termAt(node.commit) === latest)
  }
}

/** Clients whose operations all fail are busy, and get nowhere: the group must still do something. */
export async function updateIsDone(host: Host): Promise<string | null> {
  try {
    await update(host, { f: 'put', key: 'k0', value: 0, ballast: 0 })
    return null
  } catch (error) {
    if (error instanceof OperationFailed) return error.message
    throw error
  }
}
