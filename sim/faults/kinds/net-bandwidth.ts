import type { Nanos } from '../../host/seam.js'
import { type Bandwidth, Bottleneck } from '../../net/bandwidth.js'
import type { Link } from '../../net/link.js'
import type { BandwidthNoise } from '../../net/noise.js'
import { drawnMillis, type FaultDefinition } from '../definition.js'
import type { FaultWorld } from '../fault-world.js'
import type { Injection } from '../injection.js'
import { argsOf, count, nanos } from '../injection-args.js'
import { hasLinks, scopeOf } from '../noise-episode.js'
import { drawScope } from '../packet-noise.js'
import { lasting, onLinks } from '../sentence.js'

/**
 * Links carry few bytes a second for a while, and few may wait: datagrams beyond are lost, streams send again. All links from one host share its
 * bottleneck, and so do all links to one.
 */
export const netBandwidth: FaultDefinition = {
  kind: 'net.bandwidth',
  meaning: 'a link carries few bytes a second and queues few: packets wait, and those that find the queue full are dropped',
  args: argsOf({ forNanos: nanos, bytesPerSecond: count(1), queueBytes: count(0) }),
  options: {
    everyMillis: { min: 2_000, max: 12_000, log: true },
    lastsMillis: { min: 100, max: 4_000, log: true },
    kilobytesPerSecond: { min: 32, max: 16_384, log: true },
    queueKilobytes: { min: 8, max: 1_024, log: true },
  },
  draw: (world, random) => ({
    site: drawScope(world, random),
    args: {
      forNanos: drawnMillis(random, world.option('net.bandwidth.lastsMillis')),
      bytesPerSecond: world.option('net.bandwidth.kilobytesPerSecond') * 1_024,
      queueBytes: world.option('net.bandwidth.queueKilobytes') * 1_024,
    },
    takes: [],
  }),
  tell: ({ site, args }) => `${onLinks(site)} only ${Math.round(Number(args.bytesPerSecond) / 1_024)} KiB a second get through ${lasting(args)}`,
  apply(world, injection) {
    if (!hasLinks(world, injection.site)) return false
    const { forNanos } = injection.args as { forNanos: number }
    world.untilHealed(world.addNoise(scopeOf(injection.site, new NarrowLinks(injection, world))), forNanos, `net.bandwidth ends ${injection.site}`)
    return true
  },
}

class NarrowLinks implements BandwidthNoise {
  readonly kind = 'net.bandwidth'
  readonly #bandwidth: Bandwidth
  readonly #shared: Bottleneck | null
  readonly #own = new Map<Link, Bottleneck>()

  constructor(
    readonly injection: Injection,
    readonly world: FaultWorld,
  ) {
    const { bytesPerSecond, queueBytes } = injection.args as unknown as Bandwidth
    this.#bandwidth = { bytesPerSecond, queueBytes }
    this.#shared = injection.site === '*>*' ? null : new Bottleneck(this.#bandwidth)
  }

  pass(link: Link, bytes: number, now: Nanos): Nanos | null {
    this.world.exposed(this.kind)
    this.world.acted(this.injection)
    return (this.#shared ?? this.#ownOf(link)).pass(bytes, now)
  }

  #ownOf(link: Link): Bottleneck {
    let own = this.#own.get(link)
    if (own === undefined) {
      own = new Bottleneck(this.#bandwidth)
      this.#own.set(link, own)
    }
    return own
  }
}
