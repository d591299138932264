import { isSteady, mendWhenHealed, roomForError } from '../clock-error.js'
import { type Drawn, drawnMillis, type FaultDefinition } from '../definition.js'
import { argsOf, integer, nanosOrNull } from '../injection-args.js'
import { lasting } from '../sentence.js'

/** What crystals do at worst: data sheets allow 100 ppm, and heat and age add to that. */
const crystalPpm = 200

/**
 * The clocks of a host gain or lose on true time for a while, timers and time limits with them: by what crystals do, or wildly (a broken
 * oscillator, a hypervisor that steals time). Monotonic time keeps what it gained or lost.
 */
export const clockDrift: FaultDefinition = {
  kind: 'clock.drift',
  meaning: 'the clocks of a host run fast or slow for a while, its timers with them: within 200 ppm, or wildly where that is survived',
  args: argsOf({ ppm: integer, forNanos: nanosOrNull }),
  options: {
    everyMillis: { min: 1_000, max: 10_000, log: true },
    lastsMillis: { min: 500, max: 30_000, log: true },
    wildPerMille: { min: 0, max: 700 },
  },
  isSurvivable: (survives) => (survives.clockDriftPpm ?? 0) > 0 && survives.clockSkewMillis !== 0,
  draw(world, random): Drawn | null {
    const victim = world.victim(random)
    if (victim === null || !isSteady(world, victim)) return null
    const { clockDriftPpm = 0 } = world.survives
    const isWild = random.int(1_000) < world.option('clock.drift.wildPerMille')
    const most = isWild ? clockDriftPpm : Math.min(crystalPpm, clockDriftPpm)
    const size = 1 + random.int(most)
    const ppm = random.int(2) === 0 ? size : -size
    // It ends before the wall clock has left the system's bound; in `n` milliseconds it gains `n * ppm` nanoseconds.
    const fitsMillis = Math.floor(roomForError(world, victim) / size)
    const forNanos = Math.min(drawnMillis(random, world.option('clock.drift.lastsMillis')), fitsMillis * 1_000_000)
    return forNanos === 0 ? null : { site: victim.name, args: { ppm, forNanos }, takes: [] }
  },
  tell: ({ site, args }) => `the clocks of ${site} run ${Math.abs(Number(args.ppm))} ppm too ${Number(args.ppm) > 0 ? 'fast' : 'slow'} ${lasting(args)}`,
  apply(world, injection) {
    const host = world.host(injection.site)
    if (host === undefined) return false
    const { ppm, forNanos } = injection.args as { ppm: number; forNanos: number | null }
    host.changeClock((clock, now) => clock.drift(ppm, now))
    world.untilHealed(() => host.changeClock((clock, now) => clock.drift(0, now)), forNanos, `clock.drift ends ${host.name}`)
    mendWhenHealed(world, host, 'clock.drift')
    world.acted(injection)
    world.count('clockDrifts')
    return true
  },
}
