import { drawnMillis, type FaultDefinition } from '../definition.js'
import { argsOf, nanos } from '../injection-args.js'
import { lasting, onLinks } from '../sentence.js'

/** One direction of a link stops for a while; then everything arrives, in order. */
export const netClog: FaultDefinition = {
  kind: 'net.clog',
  meaning: 'one direction of a link stops for a while; then everything arrives, in order',
  args: argsOf({ forNanos: nanos }),
  options: {
    everyMillis: { min: 1_000, max: 10_000, log: true },
    lastsMillis: { min: 20, max: 3_000, log: true },
  },
  draw(world, random) {
    const from = random.pick(world.hosts)
    const to = random.pick(world.hosts)
    if (from === to) return null
    const drawn = drawnMillis(random, world.option('net.clog.lastsMillis'))
    // A clog cannot be ended early without changing the order of what waits in it: it must not outlast the storm.
    return { site: `${from.name}>${to.name}`, args: { forNanos: Math.min(drawn, world.healAt - world.kernel.now) }, takes: [] }
  },
  tell: ({ site, args }) => `nothing gets ${onLinks(site)} ${lasting(args)}; then all of it does`,
  apply(world, injection) {
    const [from, to] = injection.site.split('>').map((name) => world.host(name))
    if (from === undefined || to === undefined) return false
    const forNanos = Number(injection.args.forNanos)
    const link = world.network.link(from, to)
    link.clog(world.kernel.now + forNanos)
    const endWatch = world.watchHeld([link], 'clog', injection)
    world.after(forNanos, `net.clog ends ${injection.site}`, () => {
      link.settle(world.kernel.now)
      endWatch()
    })
    return true
  },
}
