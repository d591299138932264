import { type Drawn, drawnMillis, type FaultAction } from '../action.js'

/** A machine stops (garbage collection, a frozen VM) and goes on with stale beliefs: timers are late, the network queues. */
export const processPause: FaultAction = {
  kind: 'process.pause',
  draw(world, random): Drawn | null {
    const victim = world.victim(random)
    if (victim === null || victim.life === null || victim.isPaused) return null
    return { site: victim.name, args: { forNanos: drawnMillis(random, world.option('process.pause.lastsMillis')) }, takes: [victim] }
  },
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
