import { ms } from '../../host/durations.js'
import type { Nanos } from '../../host/seam.js'
import { type Drawn, drawnMillis, type FaultDefinition } from '../definition.js'
import { decayingVictim } from '../disk-noise.js'
import { argsOf, nanosOrNull } from '../injection-args.js'
import { restarting } from '../sentence.js'

export const diskWipe: FaultDefinition = {
  kind: 'disk.wipe',
  meaning: 'a machine is replaced: it comes back under its name with an empty disk',
  args: argsOf({ restartAfterNanos: nanosOrNull }),
  options: { everyMillis: { min: 4_000, max: 20_000, log: true }, restartMillis: { min: 100, max: 5_000, log: true } },
  takesDown: true,
  isSurvivable: (survives) => (survives.wiped ?? 0) > 0 && (survives.down ?? 0) > 0,
  draw(world, random): Drawn | null {
    const victim = decayingVictim(world, random)
    if (victim === null || victim.life === null || victim.crash !== null) return null
    const args = { restartAfterNanos: ms(1) + drawnMillis(random, world.option('disk.wipe.restartMillis')) }
    return { site: victim.name, args, takes: [victim], ...(world.damage.mayWipe(victim.name) ? {} : { exceedsBudget: true }) }
  },
  tell: ({ site, args }) => `${site} loses its disk, ${restarting(args.restartAfterNanos)} on an empty one`,
  apply(world, injection) {
    const victim = world.host(injection.site)
    if (victim === undefined) return false
    world.holdDown(victim)
    // Nobody is there to say that connections are gone.
    victim.kill(false)
    victim.isPowered = false
    world.diskOf(victim).wipe()
    world.damage.wiped(victim.name)
    world.restartAfter(victim, injection.args.restartAfterNanos as Nanos | null)
    world.acted(injection)
    world.count('wipes')
    return true
  },
}
