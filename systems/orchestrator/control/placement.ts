import type { HostName } from '../../../sim/host/seam.js'
import { type AffinityRule, type Resources, resourcesOf, type VmDefinition } from '../definition.js'
import { groupKey, type HostUsage } from './host-usage.js'
import type { HostRecord } from './records.js'

/** What is to be placed. */
export interface Placed {
  readonly tenant: string
  readonly definition: VmDefinition
  /** Hosts that it should rather not go to: it failed there. */
  readonly avoid?: readonly HostName[]
  /** Hosts that it must not go to: it is there. */
  readonly not?: HostName
}

/** What placement looks at. */
export interface PlacementGround {
  readonly hosts: ReadonlyMap<HostName, HostRecord>
  usage(host: HostName): HostUsage
  /** How many VMs of a group there are anywhere. */
  groupSize(key: string): number
}

/**
 * Filter, then weigh. Answers the best of the hosts that will do, or null: none will. Of equal weights the emptier host, then the one whose name comes first: two
 * replicas that know the same answer the same.
 */
export function place(ground: PlacementGround, placed: Placed): HostName | null {
  let best: HostName | null = null
  let bestWeight = Number.NEGATIVE_INFINITY
  let bestCount = 0
  const needed = resourcesOf(placed.definition)
  for (const host of ground.hosts.values()) {
    const usage = ground.usage(host.name)
    if (obstacle(ground, host, usage, placed, needed) !== null) continue
    const weight = weigh(host, usage, placed, needed)
    const count = usage.vms.size
    if (weight < bestWeight) continue
    if (weight === bestWeight && best !== null && (count > bestCount || (count === bestCount && host.name > best))) continue
    best = host.name
    bestWeight = weight
    bestCount = count
  }
  return best
}

/** Why a claim on this host cannot stand, in words; null: it can. Asked again when the claim is committed: others may have been faster. */
export function claimObstacle(ground: PlacementGround, host: HostName, placed: Placed): string | null {
  const record = ground.hosts.get(host)
  if (record === undefined) return `there is no host ${host}`
  return obstacle(ground, record, ground.usage(host), placed, resourcesOf(placed.definition))
}

function obstacle(ground: PlacementGround, host: HostRecord, usage: HostUsage, placed: Placed, needed: Resources): string | null {
  const { name, capacity, state, mode } = host
  if (state !== 'ready') return `${name} is ${state}`
  if (mode !== 'open') return `${name} takes no more: ${mode}`
  if (placed.not === name) return `it is on ${name}`
  if (usage.vcpus + needed.vcpus > capacity.vcpus) return `${name} has no ${needed.vcpus} CPUs free`
  if (usage.memoryMib + needed.memoryMib > capacity.memoryMib) return `${name} has no ${needed.memoryMib} MiB of memory free`
  if (usage.diskMib + needed.diskMib > capacity.diskMib) return `${name} has no ${needed.diskMib} MiB of disk free`
  const { features, tolerates, affinity } = placed.definition
  for (const feature of features) if (!host.features.includes(feature)) return `${name} has no ${feature}`
  for (const taint of host.taints) if (!tolerates.includes(taint)) return `${name} is tainted: ${taint}`
  for (const rule of affinity) {
    const key = groupKey(placed.tenant, rule.group)
    const counts = usage.groups.get(key)
    // Who must be alone refuses those who do not mind, too.
    if (rule.kind === 'apart' && (rule.strength === 'hard' || (counts?.alone ?? 0) > 0) && (counts?.members ?? 0) > 0)
      return `${name} has one of the group ${rule.group}`
    if (rule.kind === 'together' && rule.strength === 'hard' && counts === undefined && ground.groupSize(key) > 0)
      return `${name} has none of the group ${rule.group}`
    if (rule.kind === 'together' && (counts?.alone ?? 0) > 0) return `${name} has one of the group ${rule.group} that must be alone`
  }
  return null
}

/** Whole numbers only: per mille of what stays free, and fixed amounts for wishes. */
function weigh(host: HostRecord, usage: HostUsage, { tenant, definition, avoid }: Placed, needed: Resources): number {
  const { capacity } = host
  const freeCpu = Math.floor((1_000 * (capacity.vcpus - usage.vcpus - needed.vcpus)) / capacity.vcpus)
  const freeMemory = Math.floor((1_000 * (capacity.memoryMib - usage.memoryMib - needed.memoryMib)) / capacity.memoryMib)
  const free = freeCpu + freeMemory
  let weight = definition.placement === 'spread' ? free : -free
  if (definition.zone !== undefined && definition.zone === host.zone) weight += zoneWish
  for (const rule of definition.affinity) if (rule.strength === 'soft') weight += wish(rule, usage, tenant)
  if (avoid?.includes(host.name)) weight -= avoidance
  return weight - host.cost
}

function wish({ kind, group }: AffinityRule, usage: HostUsage, tenant: string): number {
  const members = usage.groups.get(groupKey(tenant, group))?.members ?? 0
  if (members === 0) return 0
  return kind === 'together' ? affinityWish : -affinityWish * members
}

const zoneWish = 1_500
const affinityWish = 2_500
const avoidance = 100_000
