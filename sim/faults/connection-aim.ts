import type { Random } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { ConnectionPair } from '../net/connection/connection-pair.js'
import type { PacketNoise } from '../net/noise.js'
import type { PendingCall } from '../net/pending-call.js'
import type { FaultWorld } from './fault-world.js'
import type { Injection } from './injection.js'

/**
 * What the `conn.*` kinds aim at: a connection that is open (`gateway-1>replica-1:7000 #2`), or the stream protocols between two hosts
 * (`gateway-1>replica-1`), which travel over connections as well, though nobody sees them.
 */
export function aimAtConnection(world: FaultWorld, random: Random, links: readonly string[]): string | null {
  const open = world.network.connections.established()
  if (open.length > 0 && (links.length === 0 || random.int(2) === 0)) return random.pick(open).site
  return links.length === 0 ? null : random.pick(links)
}

export function connectionAt(world: FaultWorld, injection: Injection): ConnectionPair | undefined {
  return world.network.connections.at(injection.site)
}

/** Whether an injection's site names one connection, and not the stream protocols between two hosts. */
export function isConnection(injection: Injection): boolean {
  return injection.site.includes(':')
}

/** Links that have carried a stream protocol, loopback aside. */
export function streamLinks(world: FaultWorld): string[] {
  const sites: string[] = []
  world.network.eachLink((link) => {
    if (link.from !== link.to && link.channels.some((channel) => channel?.type.isStream)) sites.push(link.site)
  })
  return sites
}

/** Links with calls of a stream protocol that wait for their answer. */
export function waitingLinks(world: FaultWorld): string[] {
  const sites = new Set<string>()
  for (const host of world.hosts) for (const call of streamCalls(host)) if (call.link.from !== call.link.to) sites.add(call.link.site)
  return [...sites]
}

export function* streamCalls(host: SimulatedHost): Generator<PendingCall> {
  for (const call of host.life?.waiting() ?? []) if (call.type.isStream) yield call
}

/** The two hosts of `a>b`, when there are. */
export function hostsOf(world: FaultWorld, site: string): readonly [SimulatedHost, SimulatedHost] | null {
  const [from, to] = site.split('>').map((name) => world.host(name))
  return from === undefined || to === undefined ? null : [from, to]
}

/** Every packet of stream protocols in its scope, until a time. */
export class StreamNoise implements PacketNoise {
  constructor(
    readonly kind: 'conn.refuse' | 'conn.half-open' | 'conn.stall',
    readonly until: number,
    readonly injection: Injection,
    readonly world: FaultWorld,
  ) {}

  strikes(): number {
    this.world.exposed(this.kind)
    this.world.acted(this.injection)
    return Math.max(0, this.until - this.world.kernel.now)
  }
}
