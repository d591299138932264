import type { Random } from '../host/seam.js'
import type { NoiseKind } from '../net/noise.js'
import type { OptionRange } from '../run/scenario.js'
import { drawnMillis, type FaultDefinition } from './definition.js'
import type { FaultWorld } from './fault-world.js'
import { argsOf, dieKey, integer, nanos, optional, perMille } from './injection-args.js'
import { hasLinks, ListedNoise, NoiseEpisode, scopeOf } from './noise-episode.js'
import { lasting, onePacket, onLinks, share, span } from './sentence.js'

/** A link, all links of a host, or the whole network loses, repeats, delays or reorders packets for a while. */
export function packetNoise(kind: NoiseKind, meaning: string, options: Readonly<Record<string, OptionRange>>): FaultDefinition {
  return {
    kind,
    meaning,
    options,
    args: argsOf({ forNanos: nanos, perMille, mostNanos: nanos, key: dieKey }),
    occurrenceArgs: argsOf({ die: optional(integer), harmNanos: optional(nanos) }),
    draw: (world, random) => ({
      site: drawScope(world, random),
      args: {
        forNanos: drawnMillis(random, world.option(`${kind}.lastsMillis`)),
        perMille: world.option(`${kind}.perMille`),
        mostNanos: options.mostMillis === undefined ? 0 : world.option(`${kind}.mostMillis`) * 1_000_000,
        key: [random.u32(), random.u32()],
      },
      takes: [],
    }),
    tell: (injection) =>
      'forNanos' in injection.args
        ? `${share(injection.args)} packets ${onLinks(injection.site)} are ${struck(kind)} ${lasting(injection.args)}`
        : `${onePacket(injection)} is ${struck(kind)}${kind === 'net.drop' ? '' : `, by ${span(injection.args.harmNanos)}`}`,
    apply(world, injection) {
      if (!hasLinks(world, injection.site)) return false
      const { forNanos, perMille, mostNanos, key } = injection.args as { forNanos: number; perMille: number; mostNanos: number; key: [number, number] }
      const episode = new NoiseEpisode(kind, { high: key[0], low: key[1] }, perMille, mostNanos, injection, world)
      world.untilHealed(world.addNoise(scopeOf(injection.site, episode)), forNanos, `${kind} ends ${injection.site}`)
      return true
    },
    replayOccurrences(world, occurrences) {
      world.addNoise({ noise: new ListedNoise(kind, occurrences, world), covers: () => true })
    },
  }
}

/** Half of the episodes lie on one link, a third on one host's links, the rest on all. */
export function drawScope(world: FaultWorld, random: Random): string {
  const from = random.pick(world.hosts).name
  const to = random.pick(world.hosts).name
  const shape = random.int(6)
  if (shape < 3 && from !== to) return `${from}>${to}`
  if (shape === 3) return `${from}>*`
  if (shape === 4) return `*>${from}`
  return '*>*'
}

/** What becomes of a packet, to follow `is`. */
function struck(kind: NoiseKind): string {
  return { 'net.drop': 'lost', 'net.duplicate': 'delivered twice', 'net.reorder': 'overtaken', 'net.delay': 'delayed' }[kind as string] ?? 'harmed'
}
