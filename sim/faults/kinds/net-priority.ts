import type { PacketNoise } from '../../net/noise.js'
import type { FaultDefinition } from '../definition.js'
import { argsOf, nanos, nanosOrNull, optional } from '../injection-args.js'
import { hasLinks, scopeOf } from '../noise-episode.js'
import { onLinks, span } from '../sentence.js'

/** One priority at a time lies on a site: a later one replaces it. */
export const netPriority: FaultDefinition = {
  kind: 'net.priority',
  meaning: 'all packets of a link, or all that a host sends, take longer by one same delay, until the priority changes; of the strategy pct',
  args: argsOf({ delayNanos: nanos, forNanos: optional(nanosOrNull) }),
  options: {},
  onlyUnder: 'pct',
  tell: ({ site, args }) => `everything ${onLinks(site)} takes ${span(args.delayNanos)} longer from now on`,
  apply(world, injection) {
    if (!hasLinks(world, injection.site)) return false
    const { delayNanos, forNanos = null } = injection.args as { delayNanos: number; forNanos?: number | null }
    const label = `net.priority ends ${injection.site}`
    world.end((each) => each === label)
    const noise: PacketNoise = {
      kind: 'net.delay',
      strikes(_channel, _ordinal, attempt) {
        if (attempt > 0) return null
        world.exposed(injection.kind)
        world.acted(injection)
        return delayNanos
      },
    }
    world.untilHealed(world.addNoise(scopeOf(injection.site, noise)), forNanos, label)
    return true
  },
}
