import type { DiskFaultKind, DiskFaultObserver } from '../disk/disk-faults.js'
import type { HostName, Random } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { Budget, OptionRange } from '../run/scenario.js'
import { type Drawn, drawnMillis, type FaultDefinition } from './definition.js'
import type { FaultWorld } from './fault-world.js'
import type { Injection } from './injection.js'
import { argsOf, count, dieKey, nanos, optional, perMille, text, textOrNull } from './injection-args.js'
import { lasting, oneDiskOperation, share } from './sentence.js'

/** What a kind of disk fault says of itself. */
export interface DiskNoise {
  readonly meaning: string
  /** The same in a few words, as what happens to an operation: `reads fail`. */
  readonly told: string
  /** A process that meets an error of its disk is right to leave: the host counts as down meanwhile. */
  readonly takesDown: boolean
  /** No answer tells of it: it falls only on what has other copies. */
  readonly isSilent?: boolean
  readonly options: Readonly<Record<string, OptionRange>>
  isSurvivable?(survives: Budget): boolean
}

/** Damage needs another copy to mend it from: fewer than `corruptCopies` are ever damaged. */
export function mayDamage(survives: Budget): boolean {
  return (survives.corruptCopies ?? 0) > 1
}

const misdirected = { sector: count(0), otherPath: text, otherSector: count(0) }
const occurrenceEntries: Partial<Record<DiskFaultKind, Parameters<typeof argsOf>[0]>> = {
  'disk.slow': { times: count(1) },
  'disk.read-error': { sector: count(0) },
  'disk.full': { written: count(0) },
  'disk.misdirect-read': misdirected,
  'disk.misdirect-write': misdirected,
}

/** Whom silent harm befalls: the strategy's victim, or another when its disk is not one of those that the system says may decay. */
export function decayingVictim(world: FaultWorld, random: Random): SimulatedHost | null {
  const victim = world.victim(random)
  if (victim === null || world.damage.mayDecay(victim.name)) return victim
  const weak = world.systemHosts.filter((host) => world.damage.mayDecay(host.name))
  return weak.length === 0 ? null : random.pick(weak)
}

/** The disk of one host fails, fills up or slows down for a while: each operation is struck by its own die. */
export function diskNoise(kind: DiskFaultKind, noise: DiskNoise): FaultDefinition {
  const { takesDown, options } = noise
  return {
    ...noise,
    kind,
    args: argsOf({ forNanos: nanos, perMille, files: textOrNull, key: dieKey, ...(options.mostTimes === undefined ? {} : { mostTimes: optional(count(1)) }) }),
    occurrenceArgs: argsOf(occurrenceEntries[kind] ?? {}),
    draw(world, random): Drawn | null {
      const victim = noise.isSilent === true ? decayingVictim(world, random) : world.victim(random)
      if (victim === null) return null
      const args = {
        forNanos: drawnMillis(random, world.option(`${kind}.lastsMillis`)),
        perMille: world.option(`${kind}.perMille`),
        ...(options.mostTimes === undefined ? {} : { mostTimes: world.option(`${kind}.mostTimes`) }),
        files: null,
        key: [random.u32(), random.u32()],
      }
      return { site: victim.name, args, takes: takesDown ? [victim] : [] }
    },
    tell: (injection) =>
      'forNanos' in injection.args
        ? `${noise.told} on ${injection.site}, ${share(injection.args)} operations, ${lasting(injection.args)}`
        : `${oneDiskOperation(injection)}: ${noise.told}`,
    apply(world, injection) {
      const host = world.host(injection.site)
      if (host === undefined) return false
      const { forNanos, perMille, mostTimes, files, key } = injection.args as {
        forNanos: number
        perMille: number
        mostTimes?: number
        files: string | null
        key: [number, number]
      }
      const close = world.diskOf(host).faults.open({
        kind,
        files,
        rate: { in: perMille, of: 1000 },
        key: { high: key[0], low: key[1] },
        ...(mostTimes === undefined ? {} : { mostTimes }),
        concerns: (place) => world.damage.concerns(host.name, place),
        allows: (places) => world.damage.allows(host.name, places),
        observer: episodeObserver(world, injection, host.name),
      })
      if (takesDown) world.budget.hold(host.name)
      const end = () => {
        close()
        if (takesDown) world.budget.release(host.name)
      }
      world.untilHealed(end, forNanos, `${kind} ends ${injection.site}`)
      return true
    },
    replayOccurrences(world, occurrences) {
      for (const injection of occurrences) {
        const host = world.host(injection.site.split(':')[0] as string)
        if (host !== undefined) world.diskOf(host).faults.list({ ...injection, kind }, listedObserver(world, injection))
      }
    },
  }
}

function episodeObserver(world: FaultWorld, injection: Injection, host: HostName): DiskFaultObserver {
  let wasHeldBack = false
  return {
    opportunity: (kind) => world.exposed(kind),
    // Opportunities are episodes, and so is what was held back of them.
    heldBack(kind) {
      if (!wasHeldBack) world.heldBack(kind)
      wasHeldBack = true
    },
    occurred(kind, site, ordinal, args, damages) {
      world.acted(injection)
      world.damage.damaged(host, damages)
      world.occurrence({ kind, site, ordinal, at: world.kernel.now, args })
    },
  }
}

/** A listed single operation, as an episode told of it: `host:path operation`, the ordinal of that site. */
function listedObserver(world: FaultWorld, injection: Injection): DiskFaultObserver {
  return {
    opportunity: (kind) => world.exposed(kind),
    heldBack: (kind) => world.heldBack(kind),
    occurred: () => world.acted(injection),
  }
}
