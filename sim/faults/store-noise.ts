import type { HostName } from '../host/seam.js'
import type { StoreFaultKind, StoreFaultObserver } from '../objects/store-faults.js'
import { storeHost } from '../objects/store-protocol.js'
import type { OptionRange } from '../run/scenario.js'
import { type Drawn, drawnMillis, type FaultDefinition } from './definition.js'
import type { FaultWorld } from './fault-world.js'
import type { Injection } from './injection.js'
import { argsOf, count, dieKey, nanos, perMille } from './injection-args.js'
import { lasting, onePacket, onLinks, share } from './sentence.js'

/** The object store fails or slows down for a while, for one caller or for all: each request is struck by its own die. */
export function storeNoise(kind: StoreFaultKind, meaning: string, options: Readonly<Record<string, OptionRange>>): FaultDefinition {
  return {
    kind,
    meaning,
    options,
    args: argsOf({ forNanos: nanos, perMille, key: dieKey, ...(options.mostTimes === undefined ? {} : { mostTimes: count(1) }) }),
    occurrenceArgs: argsOf({}),
    needs: 'objects',
    draw(world, random): Drawn | null {
      const caller = random.pick(world.hosts).name
      const isForAll = random.int(2) === 0
      if (world.store === null || caller === storeHost) return null
      const args = {
        forNanos: drawnMillis(random, world.option(`${kind}.lastsMillis`)),
        perMille: world.option(`${kind}.perMille`),
        ...(options.mostTimes === undefined ? {} : { mostTimes: world.option(`${kind}.mostTimes`) }),
        key: [random.u32(), random.u32()],
      }
      return { site: `${isForAll ? '*' : caller}>${storeHost}`, args, takes: [] }
    },
    tell: (injection) =>
      'forNanos' in injection.args
        ? `${share(injection.args)} requests ${onLinks(injection.site)} are struck ${lasting(injection.args)}: ${meaning}`
        : `${onePacket(injection)} is struck: ${meaning}`,
    apply(world, injection) {
      const caller = injection.site.split('>')[0] as HostName
      if (world.store === null || (caller !== '*' && world.host(caller) === undefined)) return false
      const { forNanos, perMille, mostTimes, key } = injection.args as { forNanos: number; perMille: number; mostTimes?: number; key: [number, number] }
      const close = world.store.faults.open({
        kind,
        caller: caller === '*' ? null : caller,
        rate: { in: perMille, of: 1000 },
        key: { high: key[0], low: key[1] },
        ...(mostTimes === undefined ? {} : { mostTimes }),
        observer: episodeObserver(world, injection),
      })
      world.untilHealed(close, forNanos, `${kind} ends ${injection.site}`)
      return true
    },
    replayOccurrences(world, occurrences) {
      for (const injection of occurrences) world.store?.faults.list({ ...injection, kind }, listedObserver(world, injection))
    },
  }
}

function episodeObserver(world: FaultWorld, injection: Injection): StoreFaultObserver {
  return {
    exposed: (kind) => world.exposed(kind),
    occurred(kind, site, ordinal, args) {
      world.acted(injection)
      world.occurrence({ kind, site, ordinal, at: world.kernel.now, args })
    },
  }
}

/** A listed single request, as an episode told of it. */
function listedObserver(world: FaultWorld, injection: Injection): StoreFaultObserver {
  return {
    exposed: (kind) => world.exposed(kind),
    occurred: () => world.acted(injection),
  }
}
