import { isSteady, mendWhenHealed, roomForError } from '../clock-error.js'
import { type Drawn, drawnMillis, type FaultDefinition } from '../definition.js'
import { argsOf, nanosOrNull } from '../injection-args.js'
import { lasting } from '../sentence.js'

/** Both clocks of a host stand still for a while, and its timers with them, while its process goes on; then they go on from where they stood. */
export const clockFreeze: FaultDefinition = {
  kind: 'clock.freeze',
  meaning: 'both clocks of a host stand still for a while and its timers wait, while its process goes on; they are behind after it',
  args: argsOf({ forNanos: nanosOrNull }),
  options: {
    everyMillis: { min: 2_000, max: 15_000, log: true },
    lastsMillis: { min: 10, max: 5_000, log: true },
  },
  isSurvivable: (survives) => (survives.clockFreezeMillis ?? 0) > 0 && survives.clockSkewMillis !== 0,
  draw(world, random): Drawn | null {
    const victim = world.victim(random)
    if (victim === null || !isSteady(world, victim)) return null
    const most = Math.min(world.option('clock.freeze.lastsMillis'), world.survives.clockFreezeMillis ?? 0)
    const forNanos = drawnMillis(random, most)
    return forNanos > roomForError(world, victim) ? null : { site: victim.name, args: { forNanos }, takes: [] }
  },
  tell: ({ site, args }) => `the clocks of ${site} stand still ${lasting(args)}, while it goes on`,
  apply(world, injection) {
    const host = world.host(injection.site)
    if (host === undefined) return false
    const { forNanos } = injection.args as { forNanos: number | null }
    host.changeClock((clock, now) => clock.freeze(forNanos, now))
    mendWhenHealed(world, host, 'clock.freeze')
    world.acted(injection)
    world.count('clockFreezes')
    return true
  },
}
