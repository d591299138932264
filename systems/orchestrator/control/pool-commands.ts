import type { Becoming } from '../claims/claim-watch.js'
import { addressOf } from '../network/addresses.js'
import type { ClusterState } from './cluster-state.js'
import { type ClientCommand, type CommandResult, done, type LeaderCommand, refused } from './commands.js'
import { claimObstacle } from './placement.js'
import type { VmRecord } from './records.js'
import { quotaObstacle, unplaced } from './vm-commands.js'

/** Warm VMs are nobody's: no quota counts them, and they have no address. */
export const warmTenant = '~warm'

export function setPool(state: ClusterState, { pool, definition, least, most, source = 'boot' }: Extract<ClientCommand, { kind: 'set-pool' }>): CommandResult {
  if (definition.affinity.length > 0) return refused('no-such-pool', "a pool has no affinity: its VMs are nobody's yet")
  const known = state.pools.get(pool)
  state.pools.set(pool, { name: pool, definition, source, least, most, size: Math.min(most, Math.max(least, known?.size ?? least)) })
  return done
}

export function sizePool(state: ClusterState, { pool, size }: Extract<LeaderCommand, { kind: 'size-pool' }>): CommandResult {
  const known = state.pools.get(pool)
  if (known === undefined) return refused('no-such-pool', `there is no pool ${pool}`)
  state.pools.set(pool, { ...known, size: Math.min(known.most, Math.max(known.least, size)) })
  return done
}

/** Boots one more VM that waits for somebody to want it. */
export function warmUp(state: ClusterState, { pool, claim, identity }: Extract<LeaderCommand, { kind: 'warm-up' }>): CommandResult {
  const known = state.pools.get(pool)
  if (known === undefined) return refused('no-such-pool', `there is no pool ${pool}`)
  if (warmVmsOf(state, pool).length >= known.size) return refused('stale', `${pool} is full`)
  const obstacle = claimObstacle(state, claim, { tenant: warmTenant, definition: known.definition })
  if (obstacle !== null) return refused('claim-lost', obstacle)
  const serial = state.takeSerial()
  const record: VmRecord = {
    ...unplaced(serial, known.definition),
    name: `${warmTenant}-${pool}-${serial}`,
    tenant: warmTenant,
    address: null,
    identity,
    pool,
    host: claim,
    generation: 1,
    session: state.hosts.get(claim)?.session ?? 0,
  }
  state.setVm(record)
  return { kind: 'ok', vm: record.id }
}

/**
 * Gives the first warm VM of a pool to the tenant, with a name, an address and an identity of its own. Null: none is ready. It is the claim that takes it out of
 * the pool, so that nobody else can have it, whatever its host does meanwhile.
 */
export function claimWarm(state: ClusterState, command: Extract<ClientCommand, { kind: 'create' }>, pool: string): CommandResult | null {
  const { name, tenant, identity } = command
  const known = state.pools.get(pool)
  const owner = state.tenants.get(tenant)
  if (known === undefined || owner === undefined) return refused('no-such-pool', `there is no pool ${pool}`)
  const warm = warmVmsOf(state, pool).find((vm) => isReady(state, vm))
  if (warm === undefined) return null
  const lacking = quotaObstacle(state, tenant, owner.quota, warm.definition.vcpus, warm.definition.memoryMib, 1)
  if (lacking !== null) return refused('over-quota', lacking)
  const index = state.takeAddress(tenant)
  if (index === null) return refused('no-address', `${tenant} has no address left`)
  state.setVm({ ...warm, pool: null, isBecoming: true, name, tenant, identity, address: addressOf(owner.segment, index, warm.serial) })
  state.tell(warm.id, `is claimed from ${pool} as ${name}`)
  return { kind: 'ok', vm: warm.id }
}

export function warmVmsOf(state: ClusterState, pool: string): VmRecord[] {
  const warm: VmRecord[] = []
  for (const vm of state.vms.values()) if (vm.pool === pool) warm.push(vm)
  return warm
}

/** Those that were claimed and have not yet become who they are to be, and may. */
export function becomingOf(vms: Iterable<VmRecord>): Becoming[] {
  const becoming: Becoming[] = []
  for (const { id, generation, isBecoming, evicted, host } of vms) if (isBecoming && evicted === null && host !== null) becoming.push({ vm: id, generation })
  return becoming
}

function isReady(state: ClusterState, { host, observed, evicted, desired }: VmRecord): boolean {
  return host !== null && observed === 'running' && evicted === null && desired === 'running' && state.hosts.get(host)?.state === 'ready'
}
