import { type Key, mix } from '../../kernel/mix.js'
import type { Channel } from '../../net/link.js'
import { type PacketNoise, packetDie } from '../../net/noise.js'
import { drawnMillis, type FaultDefinition } from '../definition.js'
import type { FaultWorld } from '../fault-world.js'
import type { Injection } from '../injection.js'
import { argsOf, dieKey, flag, integer, nanos, optional, perMille } from '../injection-args.js'
import { hasLinks, ListedNoise, scopeOf } from '../noise-episode.js'
import { drawScope } from '../packet-noise.js'
import { lasting, onePacket, onLinks, share } from '../sentence.js'

/**
 * Bits flip on the way. A connection and a call of a stream protocol are reset by it. A datagram socket receives the altered bytes. Messages of typed
 * datagram protocols arrive altered (one of their numbers, texts or bytes) where the system says that it checks them (`survives.corruptDatagrams`), and
 * are lost otherwise, as the transport's checksum would have it.
 */
export const netCorrupt: FaultDefinition = {
  kind: 'net.corrupt',
  meaning: 'bits of packets flip: a reset for streams, altered bytes for datagram sockets; typed datagrams are altered where the system checks them, else lost',
  args: argsOf({ forNanos: nanos, perMille, isUnnoticed: optional(flag), key: dieKey }),
  occurrenceArgs: argsOf({ die: integer }),
  options: {
    everyMillis: { min: 1_000, max: 10_000, log: true },
    lastsMillis: { min: 50, max: 3_000, log: true },
    perMille: { min: 2, max: 200, log: true },
  },
  draw: (world, random) => ({
    site: drawScope(world, random),
    args: {
      forNanos: drawnMillis(random, world.option('net.corrupt.lastsMillis')),
      perMille: world.option('net.corrupt.perMille'),
      isUnnoticed: world.survives.corruptDatagrams === true,
      key: [random.u32(), random.u32()],
    },
    takes: [],
  }),
  tell: (injection) =>
    'forNanos' in injection.args
      ? `bits flip in ${share(injection.args)} packets ${onLinks(injection.site)} ${lasting(injection.args)}`
      : `bits flip in ${onePacket(injection)}`,
  apply(world, injection) {
    if (!hasLinks(world, injection.site)) return false
    const { forNanos } = injection.args as { forNanos: number }
    world.untilHealed(world.addNoise(scopeOf(injection.site, new CorruptionEpisode(injection, world))), forNanos, `net.corrupt ends ${injection.site}`)
    return true
  },
  replayOccurrences(world, occurrences) {
    world.addNoise({ noise: new ListedNoise('net.corrupt', occurrences, world), covers: () => true })
  },
}

class CorruptionEpisode implements PacketNoise {
  readonly kind = 'net.corrupt'
  readonly #key: Key
  readonly #perMille: number
  readonly #isUnnoticed: boolean

  constructor(
    readonly injection: Injection,
    readonly world: FaultWorld,
  ) {
    const { perMille, isUnnoticed, key } = injection.args as { perMille: number; isUnnoticed: boolean; key: [number, number] }
    this.#key = { high: key[0], low: key[1] }
    this.#perMille = perMille
    this.#isUnnoticed = isUnnoticed
  }

  strikes(channel: Channel, ordinal: number): number | null {
    this.world.exposed(this.kind)
    const die = packetDie(this.#key, channel, ordinal, 0)
    if (die % 1000 >= this.#perMille) return null
    const bits = 1 + (mix(die) >>> 1)
    const harm = this.#isUnnoticed ? bits : -bits
    this.world.acted(this.injection)
    this.world.occurrence({ kind: this.kind, site: channel.site, ordinal, at: this.world.kernel.now, args: { die: harm } })
    return harm
  }
}
