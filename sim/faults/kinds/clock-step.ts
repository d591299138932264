import { drawWallError, isSteady, mendWhenHealed, wallError } from '../clock-error.js'
import type { Drawn, FaultDefinition } from '../definition.js'
import { argsOf, signedNanos } from '../injection-args.js'
import { span } from '../sentence.js'

/** A wall clock jumps, forward or back, as NTP does: to another error within the bound, or to true time. Monotonic time goes on. */
export const clockStep: FaultDefinition = {
  kind: 'clock.step',
  meaning: 'the wall clock of a host jumps forward or back, as NTP makes it; monotonic time goes on',
  args: argsOf({ byNanos: signedNanos }),
  options: {
    everyMillis: { min: 500, max: 10_000, log: true },
    mostMillis: { min: 1, max: 100_000, log: true },
  },
  isSurvivable: ({ clockSkewMillis = 0 }) => clockSkewMillis > 0,
  draw(world, random): Drawn | null {
    const victim = world.victim(random)
    if (victim === null || !isSteady(world, victim)) return null
    const error = wallError(world, victim)
    // NTP sets right what is wrong, or believes a wrong server.
    const wanted = error !== 0 && random.int(2) === 0 ? 0 : drawWallError(world, random, world.option('clock.step.mostMillis'))
    return wanted === error ? null : { site: victim.name, args: { byNanos: wanted - error }, takes: [] }
  },
  tell: ({ site, args }) => `the wall clock of ${site} jumps ${span(args.byNanos)} ${Number(args.byNanos) > 0 ? 'forward' : 'back'}`,
  apply(world, injection) {
    const host = world.host(injection.site)
    if (host === undefined) return false
    const { byNanos } = injection.args as { byNanos: number }
    host.changeClock((clock) => clock.step(byNanos))
    mendWhenHealed(world, host, 'clock.step')
    world.acted(injection)
    world.count(byNanos > 0 ? 'clockStepsForward' : 'clockStepsBack')
    return true
  },
}
