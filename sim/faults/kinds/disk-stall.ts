import { type Drawn, drawnMillis, type FaultDefinition } from '../definition.js'
import { argsOf, nanos } from '../injection-args.js'
import { lasting } from '../sentence.js'

export const diskStall: FaultDefinition = {
  kind: 'disk.stall',
  meaning: 'a disk makes no progress for seconds; what was asked of it meanwhile is done then',
  args: argsOf({ forNanos: nanos }),
  options: { everyMillis: { min: 3_000, max: 12_000, log: true }, lastsMillis: { min: 500, max: 6_000, log: true } },
  draw(world, random): Drawn | null {
    const victim = world.victim(random)
    if (victim === null) return null
    // Operations that wait cannot be hurried: the pause must not outlast the storm.
    const forNanos = Math.min(drawnMillis(random, world.option('disk.stall.lastsMillis')), world.healAt - world.kernel.now)
    return { site: victim.name, args: { forNanos }, takes: [] }
  },
  tell: ({ site, args }) => `the disk of ${site} makes no progress ${lasting(args)}`,
  apply(world, injection) {
    const host = world.host(injection.site)
    if (host === undefined) return false
    world.diskOf(host).faults.stall(world.kernel.now + Number(injection.args.forNanos), () => {
      world.exposed('disk.stall')
      world.acted(injection)
    })
    return true
  },
}
