import { type Drawn, drawnMillis, type FaultDefinition } from '../definition.js'
import { argsOf, count, nanosOrNull } from '../injection-args.js'
import { lasting } from '../sentence.js'

/** A machine limps (a noisy neighbour, a throttled core): every step takes many times as long for a while, and what comes meanwhile queues. */
export const processSlow: FaultDefinition = {
  kind: 'process.slow',
  meaning: 'every step of a machine takes many times as long for a while: answers are late, and what comes meanwhile queues',
  args: argsOf({ times: count(1), forNanos: nanosOrNull }),
  options: {
    everyMillis: { min: 2_000, max: 12_000, log: true },
    lastsMillis: { min: 100, max: 5_000, log: true },
    mostTimes: { min: 10, max: 1_000, log: true },
  },
  draw(world, random): Drawn | null {
    const victim = world.victim(random)
    if (victim === null || victim.life === null || victim.processor.times > 1) return null
    const times = 2 + random.int(world.option('process.slow.mostTimes'))
    return { site: victim.name, args: { times, forNanos: drawnMillis(random, world.option('process.slow.lastsMillis')) }, takes: [] }
  },
  tell: ({ site, args }) => `every step of ${site} takes ${args.times} times as long ${lasting(args)}`,
  apply(world, injection) {
    const victim = world.host(injection.site)
    if (victim === undefined || victim.processor.times > 1) return false
    const { times, forNanos } = injection.args as { times: number; forNanos: number | null }
    victim.processor.slow(times)
    world.untilHealed(() => victim.processor.slow(1), forNanos, `process.slow ends ${victim.name}`)
    world.acted(injection)
    world.count('slowdowns')
    return true
  },
}
