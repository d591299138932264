import type { Random } from '../../host/seam.js'
import type { SimulatedHost } from '../../host/simulated-host.js'
import { bridge, oneWay, type Pair, type PartitionShape, partitionShapes, ring, split } from '../../net/partition.js'
import { type Drawn, drawnMillis, type FaultDefinition } from '../definition.js'
import type { FaultWorld } from '../fault-world.js'
import type { Injection } from '../injection.js'
import { argsOf, isText, listOf, nanosOrNull, oneOf } from '../injection-args.js'
import { lasting, listed } from '../sentence.js'

/** Hosts lose sight of each other for a while. Clients join a side by chance, or see all. */
export const netPartition: FaultDefinition = {
  kind: 'net.partition',
  meaning: 'groups of hosts cannot reach each other: one isolated, two halves, a bridge, a ring of majorities, both ways or one',
  args: argsOf({
    shape: oneOf('isolate', 'split', 'one-way', 'bridge', 'ring'),
    groups: listOf('lists of hosts', (group) => Array.isArray(group) && group.every(isText)),
    forNanos: nanosOrNull,
  }),
  options: {
    everyMillis: { min: 3_000, max: 12_000, log: true },
    lastsMillis: { min: 200, max: 5_000, log: true },
  },
  draw(world, random): Drawn | null {
    const victim = world.victim(random)
    if (victim === null || world.systemHosts.length < 2) return null
    const shape = random.pick(partitionShapes)
    const { groups, cutOff } = drawGroups(world, random, shape, victim)
    if (pairsOf(shape, groups).length === 0) return null
    const args = {
      shape,
      groups: groups.map((group) => group.map((host) => host.name)),
      forNanos: drawnMillis(random, world.option('net.partition.lastsMillis')),
    }
    return { site: victim.name, args, takes: cutOff }
  },
  tell: tellPartition,
  apply(world, injection) {
    const { shape, groups, forNanos } = injection.args as { shape: PartitionShape; groups: string[][]; forNanos: number | null }
    const hosts = groups.map((group) => group.map((name) => world.host(name)).filter((host) => host !== undefined))
    const pairs = pairsOf(shape, hosts)
    if (pairs.length === 0) return false
    const links = world.linksBetween(pairs)
    world.network.cut(links)
    const takes = cutOffBy(shape, hosts).filter((host) => host.isOfSystem)
    for (const host of takes) world.budget.hold(host.name)
    const endWatch = world.watchHeld(links, 'cut', injection)
    const end = () => {
      endWatch()
      world.network.mend(links)
      for (const host of takes) world.budget.release(host.name)
    }
    world.untilHealed(end, forNanos, `net.partition ends ${injection.site}`)
    world.count('partitions')
    return true
  },
}

function drawGroups(world: FaultWorld, random: Random, shape: PartitionShape, victim: SimulatedHost): { groups: SimulatedHost[][]; cutOff: SimulatedHost[] } {
  const others = random.shuffle(world.systemHosts.filter((host) => host !== victim))
  const clients = world.hosts.filter((host) => !host.isOfSystem)
  let groups: SimulatedHost[][]
  switch (shape) {
    case 'isolate':
      groups = [[victim], others]
      break
    case 'split': {
      const few = random.int(Math.max(1, Math.floor(world.systemHosts.length / 2)))
      groups = [[victim, ...others.slice(0, few)], others.slice(few)]
      break
    }
    case 'one-way':
      groups = random.int(2) === 0 ? [[victim], others] : [others, [victim]]
      break
    case 'bridge':
    case 'ring':
      return { groups: [[victim, ...others]], cutOff: [] }
  }
  for (const client of clients) {
    const side = random.int(3)
    if (side < 2) groups[side]?.push(client)
  }
  return { groups, cutOff: cutOffBy(shape, groups).filter((host) => host.isOfSystem) }
}

/** Hosts on the smaller side cannot be counted on. */
function cutOffBy(shape: PartitionShape, groups: readonly SimulatedHost[][]): SimulatedHost[] {
  if (shape === 'bridge' || shape === 'ring') return []
  const sizes = groups.map((group) => group.filter((host) => host.isOfSystem).length)
  const largest = sizes.indexOf(Math.max(...sizes))
  return groups.filter((_, index) => index !== largest).flat()
}

function pairsOf(shape: PartitionShape, groups: readonly SimulatedHost[][]): Pair<SimulatedHost>[] {
  switch (shape) {
    case 'isolate':
    case 'split':
      return split(groups)
    case 'one-way':
      return oneWay(groups[0] ?? [], groups[1] ?? [])
    case 'bridge':
      return bridge(groups[0] ?? [])
    case 'ring':
      return ring(groups[0] ?? [])
  }
}

function tellPartition({ args }: Injection): string {
  const { shape, groups } = args as unknown as { shape: PartitionShape; groups: string[][] }
  const [first = [], ...others] = groups
  const rest = others.map((group) => listed(group)).join(' and ')
  switch (shape) {
    case 'one-way':
      return `what ${listed(first)} ${first.length === 1 ? 'sends' : 'send'} does not reach ${rest} ${lasting(args)}`
    case 'bridge':
      return `${listed(first)} fall into two halves that only one of them sees both of ${lasting(args)}`
    case 'ring':
      return `each of ${listed(first)} sees another majority of them ${lasting(args)}`
    default:
      return `${listed(first)} and ${rest} cannot reach each other ${lasting(args)}`
  }
}
