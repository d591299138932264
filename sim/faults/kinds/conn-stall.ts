import { SimulatedConnection } from '../../net/connection/simulated-connection.js'
import { aimAtConnection, connectionAt, hostsOf, isConnection, StreamNoise, streamLinks } from '../connection-aim.js'
import { drawnMillis, type FaultDefinition } from '../definition.js'
import { argsOf, nanos, oneOf, optional } from '../injection-args.js'
import { scopeOf } from '../noise-episode.js'
import { lasting, onLinks } from '../sentence.js'

/** One side of a connection is given nothing for a while, so that its window closes and the other side's writes wait; then everything comes. Streams between two hosts stand still alike. */
export const connStall: FaultDefinition = {
  kind: 'conn.stall',
  meaning: 'one side of a connection, or the stream protocols from one host to another, get nothing for a while: backpressure shows; then all of it comes',
  args: argsOf({ forNanos: nanos, side: optional(oneOf('dialler', 'acceptor')) }),
  options: {
    everyMillis: { min: 1_000, max: 10_000, log: true },
    lastsMillis: { min: 20, max: 4_000, log: true },
  },
  draw(world, random) {
    const site = aimAtConnection(world, random, streamLinks(world))
    if (site === null) return null
    const forNanos = drawnMillis(random, world.option('conn.stall.lastsMillis'))
    return { site, args: { forNanos, side: random.int(2) === 0 ? 'dialler' : 'acceptor' }, takes: [] }
  },
  tell: (injection) =>
    isConnection(injection)
      ? `the ${injection.args.side} of the connection ${injection.site} is given nothing ${lasting(injection.args)}`
      : `streams ${onLinks(injection.site)} stand still ${lasting(injection.args)}`,
  apply(world, injection) {
    const forNanos = Number(injection.args.forNanos)
    if (!isConnection(injection)) {
      if (hostsOf(world, injection.site) === null) return false
      const noise = new StreamNoise('conn.stall', world.kernel.now + forNanos, injection, world)
      world.untilHealed(world.addNoise(scopeOf(injection.site, noise)), forNanos, `conn.stall ends ${injection.site}`)
      return true
    }
    const pair = connectionAt(world, injection)
    const end = injection.args.side === 'dialler' ? pair?.dialler : pair?.acceptor
    const connection = end?.owner
    if (end === null || end === undefined) return false
    if (!(connection instanceof SimulatedConnection)) return pair !== undefined
    const goOn = connection.stall(() => {
      world.exposed('conn.stall')
      world.acted(injection)
    })
    world.untilHealed(() => end.stack.soon(end, 'conn.stall ends', goOn), forNanos, `conn.stall ends ${injection.site}`)
    return true
  },
}
