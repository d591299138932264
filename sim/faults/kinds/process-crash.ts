import { ms } from '../../host/durations.js'
import { type Drawn, drawnMillis, type FaultDefinition } from '../definition.js'
import { argsOf, count, flag, nanosOrNull, optional } from '../injection-args.js'
import { restarting } from '../sentence.js'

/** How long an armed crash waits for a step with enough effects before it falls at a step's end. */
const patienceNanos = ms(250)

/** A process dies, before the n-th effect of one of its steps or at a step's end. The page cache lives, peers see resets. */
export const processCrash: FaultDefinition = {
  kind: 'process.crash',
  meaning: 'a process dies between two effects of a step or at its end, and starts again; the page cache lives, peers see resets',
  args: argsOf({ beforeEffect: count(0), restartAfterNanos: nanosOrNull, atOnce: optional(flag) }),
  options: {
    everyMillis: { min: 2_000, max: 9_000, log: true },
    restartMillis: { min: 50, max: 3_000, log: true },
    insidePerMille: { min: 500, max: 1_000 },
  },
  takesDown: true,
  draw(world, random): Drawn | null {
    const victim = world.victim(random)
    if (victim === null || victim.life === null || victim.crash !== null) return null
    const isInside = random.int(1000) < world.option('process.crash.insidePerMille')
    const args = {
      // Before the second effect of a step or a later one: the step has done something, and will not do the rest.
      beforeEffect: isInside ? 2 + (random.int(3) === 0 ? random.int(4) : 0) : 0,
      restartAfterNanos: drawnMillis(random, world.option('process.crash.restartMillis')),
    }
    return { site: victim.name, args, takes: [victim] }
  },
  tell: ({ site, args }) =>
    `${site} crashes ${Number(args.beforeEffect) > 1 ? 'in the middle of a step' : 'between two steps'}, ${restarting(args.restartAfterNanos)}`,
  apply(world, injection) {
    const victim = world.host(injection.site)
    if (victim === undefined || victim.life === null || victim.crash !== null) return false
    const { beforeEffect, restartAfterNanos, atOnce } = injection.args as { beforeEffect: number; restartAfterNanos: number | null; atOnce?: boolean }
    world.holdDown(victim)
    const fall = (isInside: boolean) => {
      world.acted(injection)
      world.count('crashes')
      if (isInside) world.count('crashesInsideSteps')
      victim.kill(true)
      world.restartAfter(victim, restartAfterNanos)
    }
    if (atOnce) fall(false)
    else {
      victim.crash = { beforeEffect, until: world.kernel.now + patienceNanos, fall }
      victim.crashBeforeEffect = beforeEffect
    }
    return true
  },
}
