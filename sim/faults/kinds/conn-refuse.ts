import { StreamNoise } from '../connection-aim.js'
import { drawnMillis, type FaultDefinition } from '../definition.js'
import { argsOf, nanos } from '../injection-args.js'
import { scopeOf } from '../noise-episode.js'
import { lasting } from '../sentence.js'

/** A host turns away everybody who wants to connect, and requests of stream protocols, though its process lives: a full backlog, no descriptors left. */
export const connRefuse: FaultDefinition = {
  kind: 'conn.refuse',
  meaning: 'a host refuses new connections and requests of stream protocols for a while, though its process lives',
  args: argsOf({ forNanos: nanos }),
  options: {
    everyMillis: { min: 2_000, max: 12_000, log: true },
    lastsMillis: { min: 20, max: 3_000, log: true },
  },
  takesDown: true,
  draw(world, random) {
    const victim = world.victim(random)
    if (victim === null) return null
    return { site: victim.name, args: { forNanos: drawnMillis(random, world.option('conn.refuse.lastsMillis')) }, takes: [victim] }
  },
  tell: ({ site, args }) => `${site} refuses connections and requests ${lasting(args)}`,
  apply(world, injection) {
    const host = world.host(injection.site)
    if (host === undefined) return false
    const forNanos = Number(injection.args.forNanos)
    const noise = new StreamNoise('conn.refuse', world.kernel.now + forNanos, injection, world)
    const endNoise = world.addNoise(scopeOf(`*>${host.name}`, noise))
    const endRefusal = host.sockets.refuse(() => noise.strikes())
    world.budget.hold(host.name)
    const end = () => {
      endNoise()
      endRefusal()
      world.budget.release(host.name)
    }
    world.untilHealed(end, forNanos, `conn.refuse ends ${injection.site}`)
    return true
  },
}
