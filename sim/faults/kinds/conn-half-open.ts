import { aimAtConnection, connectionAt, hostsOf, isConnection, StreamNoise, streamLinks } from '../connection-aim.js'
import { drawnMillis, type FaultDefinition } from '../definition.js'
import { argsOf, nanos, optional } from '../injection-args.js'
import { scopeOf } from '../noise-episode.js'
import { lasting, onLinks } from '../sentence.js'

/**
 * A connection is forgotten on its way (a firewall dropped its state): both ends believe in it, and nothing gets through any more. It is found by writing or
 * by keep-alive, and never heals. Between two hosts whose stream protocols it hits, what one sends the other is lost for a while, as long as it takes to notice.
 */
export const connHalfOpen: FaultDefinition = {
  kind: 'conn.half-open',
  meaning: 'a connection goes silent for good while both ends believe in it; of stream protocols, what one host sends another vanishes for a while',
  args: argsOf({ forNanos: optional(nanos) }),
  options: {
    everyMillis: { min: 2_000, max: 12_000, log: true },
    lastsMillis: { min: 50, max: 4_000, log: true },
  },
  draw(world, random) {
    const site = aimAtConnection(world, random, streamLinks(world))
    return site === null ? null : { site, args: { forNanos: drawnMillis(random, world.option('conn.half-open.lastsMillis')) }, takes: [] }
  },
  tell: (injection) =>
    isConnection(injection)
      ? `the connection ${injection.site} goes silent for good, and neither end hears of it`
      : `what is sent ${onLinks(injection.site)} vanishes ${lasting(injection.args)}, and neither side hears of it`,
  apply(world, injection) {
    if (isConnection(injection)) {
      const pair = connectionAt(world, injection)
      if (pair === undefined || pair.swallow !== null) return false
      pair.swallow = () => {
        world.exposed('conn.half-open')
        world.acted(injection)
      }
      return true
    }
    if (hostsOf(world, injection.site) === null) return false
    const forNanos = Number(injection.args.forNanos)
    const noise = new StreamNoise('conn.half-open', world.kernel.now + forNanos, injection, world)
    world.untilHealed(world.addNoise(scopeOf(injection.site, noise)), forNanos, `conn.half-open ends ${injection.site}`)
    return true
  },
}
