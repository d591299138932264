import type { Nanos } from '../../host/seam.js'
import type { SimulatedHost } from '../../host/simulated-host.js'
import { type Drawn, drawnMillis, type FaultDefinition } from '../definition.js'
import { argsOf, nanos, nanosOrNull, text } from '../injection-args.js'
import { restarting } from '../sentence.js'

/** A process is asked to stop, killed when it takes too long, and starts as another version of its role; hosts are upgraded one by one, so versions mix. */
export const processUpgrade: FaultDefinition = {
  kind: 'process.upgrade',
  meaning: 'a process is asked to stop, killed if it takes too long, and starts as another version if its role has one; versions mix',
  args: argsOf({ version: text, graceNanos: nanos, restartAfterNanos: nanosOrNull }),
  options: {
    everyMillis: { min: 3_000, max: 15_000, log: true },
    graceMillis: { min: 1, max: 1_000, log: true },
    restartMillis: { min: 10, max: 1_000, log: true },
  },
  takesDown: true,
  draw(world, random): Drawn | null {
    const victim = world.victim(random)
    if (victim === null || !isRunning(victim)) return null
    const names = victim.versions.map(({ name }) => name)
    const others = world.survives.rollback ? names.filter((name) => name !== victim.version) : names.slice(names.indexOf(victim.version) + 1)
    const args = {
      // At the newest already: it starts again as what it is.
      version: others.length > 0 ? random.pick(others) : victim.version,
      graceNanos: drawnMillis(random, world.option('process.upgrade.graceMillis')),
      restartAfterNanos: drawnMillis(random, world.option('process.upgrade.restartMillis')),
    }
    return { site: victim.name, args, takes: [victim] }
  },
  tell: ({ site, args }) => `${site} is stopped, ${restarting(args.restartAfterNanos)} as version '${args.version}'`,
  apply(world, injection) {
    const victim = world.host(injection.site)
    if (victim === undefined || !isRunning(victim)) return false
    const { version, graceNanos, restartAfterNanos } = injection.args as { version: string; graceNanos: Nanos; restartAfterNanos: Nanos | null }
    world.count(version === victim.version ? 'gracefulRestarts' : 'upgrades')
    victim.useVersion(version)
    world.stop(victim, graceNanos, () => world.restartAfter(victim, restartAfterNanos))
    world.acted(injection)
    return true
  },
}

function isRunning(host: SimulatedHost): boolean {
  return host.life !== null && host.status === 'up' && !host.life.isStopping && host.crash === null
}
