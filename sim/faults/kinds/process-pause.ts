import { type Drawn, drawnMillis, type FaultDefinition } from '../definition.js'
import { argsOf, nanosOrNull } from '../injection-args.js'
import { lasting } from '../sentence.js'

/** A machine stops (garbage collection, a frozen VM) and goes on with stale beliefs: timers are late, the network queues. */
export const processPause: FaultDefinition = {
  kind: 'process.pause',
  meaning: 'a machine stops (garbage collection, a frozen VM) and goes on with stale beliefs; timers are late, the network queues',
  args: argsOf({ forNanos: nanosOrNull }),
  options: {
    everyMillis: { min: 2_000, max: 12_000, log: true },
    lastsMillis: { min: 20, max: 4_000, log: true },
  },
  takesDown: true,
  draw(world, random): Drawn | null {
    const victim = world.victim(random)
    if (victim === null || victim.life === null || victim.isPaused) return null
    return { site: victim.name, args: { forNanos: drawnMillis(random, world.option('process.pause.lastsMillis')) }, takes: [victim] }
  },
  tell: ({ site, args }) => `${site} stands still ${lasting(args)}`,
  apply(world, injection) {
    const victim = world.host(injection.site)
    if (victim === undefined || victim.life === null || victim.isPaused) return false
    const forNanos = injection.args.forNanos as number | null
    victim.pause()
    world.budget.hold(victim.name)
    const end = () => {
      victim.resume()
      world.budget.release(victim.name)
    }
    world.untilHealed(end, forNanos, `process.pause ends ${injection.site}`)
    world.acted(injection)
    world.count('pauses')
    return true
  },
}
