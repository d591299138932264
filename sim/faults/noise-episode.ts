import type { Nanos } from '../host/seam.js'
import { type Key, mix } from '../kernel/mix.js'
import type { Channel, Link } from '../net/link.js'
import { type LinkNoise, type NoiseKind, type PacketNoise, packetDie } from '../net/noise.js'
import type { FaultWorld } from './fault-world.js'
import type { Injection } from './injection.js'

/** Which links a noise lies on. */
export interface NoiseScope {
  readonly noise: LinkNoise
  covers(link: Link): boolean
}

/** An episode of packet noise: for a while each packet in its scope is struck by its own die. */
export class NoiseEpisode implements PacketNoise {
  constructor(
    readonly kind: NoiseKind,
    readonly key: Key,
    readonly perMille: number,
    readonly mostNanos: Nanos,
    readonly injection: Injection,
    readonly world: FaultWorld,
  ) {}

  strikes(channel: Channel, ordinal: number, attempt: number): Nanos | null {
    if (channel.type.isStream && isForDatagrams(this.kind)) return null
    if (attempt === 0) this.world.exposed(this.kind)
    const die = packetDie(this.key, channel, ordinal, attempt)
    if (die % 1000 >= this.perMille) return null
    const harm = this.kind === 'net.drop' ? 0 : 1 + Math.floor(((mix(die) >>> 0) / 0x1_0000_0000) * this.mostNanos)
    if (attempt === 0) {
      this.world.acted(this.injection)
      this.world.occurrence({ kind: this.kind, site: channel.site, ordinal, at: this.world.kernel.now, args: { harmNanos: harm } })
    }
    return harm
  }
}

/** A stream is delivered once and in order, whatever its packets did. */
function isForDatagrams(kind: NoiseKind): boolean {
  return kind === 'net.duplicate' || kind === 'net.reorder'
}

/** Listed single occurrences: exactly these packets are struck. */
export class ListedNoise implements PacketNoise {
  readonly #byPacket = new Map<string, Injection>()
  constructor(
    readonly kind: NoiseKind,
    occurrences: readonly Injection[],
    readonly world: FaultWorld,
  ) {
    for (const injection of occurrences) this.#byPacket.set(`${injection.site} #${injection.ordinal}`, injection)
  }

  strikes(channel: Channel, ordinal: number, attempt: number): Nanos | null {
    if (attempt > 0) return null
    const injection = this.#byPacket.get(`${channel.site} #${ordinal}`)
    if (injection === undefined) return null
    this.world.exposed(this.kind)
    this.world.acted(injection)
    return Number(injection.args.die ?? injection.args.harmNanos ?? 0)
  }
}

/** `a>b`, `a>*`, `*>b` or `*>*`. */
export function scopeOf(site: string, noise: LinkNoise): NoiseScope {
  const [from, to] = site.split('>')
  return { noise, covers: (link) => link.from !== link.to && (from === '*' || from === link.from.name) && (to === '*' || to === link.to.name) }
}

/** Whether a listed site names links of this run: one of an older run may name a host that is no more. */
export function hasLinks(world: FaultWorld, site: string): boolean {
  const ends = site.split('>')
  return ends.length === 2 && ends.every((end) => end === '*' || world.host(end) !== undefined)
}
