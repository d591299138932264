import type { DiskFaultKind, DiskFaultObserver } from '../../disk/disk-faults.js'
import { type Drawn, drawnMillis, type FaultAction } from '../action.js'
import type { FaultWorld } from '../fault-world.js'
import type { Injection } from '../injection.js'

/** The disk of one host fails, fills up or slows down for a while. */
export function diskNoise(kind: DiskFaultKind): FaultAction {
  return {
    kind,
    draw(world, random): Drawn | null {
      const victim = world.victim(random)
      if (victim === null) return null
      const args = {
        forNanos: drawnMillis(random, world.option(`${kind}.lastsMillis`)),
        perMille: world.option(`${kind}.perMille`),
        ...(kind === 'disk.slow' ? { mostTimes: world.option('disk.slow.mostTimes') } : {}),
        files: null,
        key: [random.u32(), random.u32()],
      }
      // A process that meets an error of its disk is right to leave: it counts as down.
      return { site: victim.name, args, takes: kind === 'disk.slow' ? [] : [victim] }
    },
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
        observer: episodeObserver(world, injection),
      })
      const isHeld = kind !== 'disk.slow'
      if (isHeld) world.budget.hold(host.name)
      const end = () => {
        close()
        if (isHeld) world.budget.release(host.name)
      }
      world.untilHealed(end, forNanos, `${kind} ends ${injection.site}`)
      return true
    },
  }
}

function episodeObserver(world: FaultWorld, injection: Injection): DiskFaultObserver {
  return {
    opportunity: (kind) => world.opportunity(kind),
    occurred(kind, site, ordinal, args) {
      world.acted(injection)
      world.occurrence({ kind, site, ordinal, at: world.kernel.now, args })
    },
  }
}

/** A listed single operation, as an episode told of it: `host:path operation`, the ordinal of that site. */
export function listDiskOccurrence(world: FaultWorld, injection: Injection): boolean {
  const host = world.host(injection.site.split(':')[0] as string)
  if (host === undefined) return false
  world.diskOf(host).faults.list(
    { ...injection, kind: injection.kind as DiskFaultKind },
    {
      opportunity: (kind) => world.opportunity(kind),
      occurred: () => world.acted(injection),
    },
  )
  return true
}
