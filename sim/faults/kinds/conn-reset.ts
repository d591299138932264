import { NetError } from '../../host/errors.js'
import { aimAtConnection, connectionAt, hostsOf, isConnection, streamCalls, waitingLinks } from '../connection-aim.js'
import type { FaultDefinition } from '../definition.js'
import { argsOf } from '../injection-args.js'
import { onLinks } from '../sentence.js'

/** A connection is reset under both its ends, as a firewall or a proxy does: what was on its way is gone. Calls of stream protocols on it fail, handled or not. */
export const connReset: FaultDefinition = {
  kind: 'conn.reset',
  meaning: 'a connection is reset under both ends; calls of stream protocols that wait between two hosts fail as reset, handled or not',
  args: argsOf({}),
  options: { everyMillis: { min: 1_000, max: 10_000, log: true } },
  draw(world, random) {
    const site = aimAtConnection(world, random, waitingLinks(world))
    return site === null ? null : { site, args: {}, takes: [] }
  },
  tell: (injection) => (isConnection(injection) ? `the connection ${injection.site} is reset` : `the calls that wait ${onLinks(injection.site)} are reset`),
  apply(world, injection) {
    if (isConnection(injection)) {
      const pair = connectionAt(world, injection)
      if (pair === undefined) return false
      for (const end of [pair.dialler, pair.acceptor]) if (end !== null && !end.isGone) end.stack.soon(end, 'conn.reset', () => end.fail('reset'))
      world.acted(injection)
      return true
    }
    const hosts = hostsOf(world, injection.site)
    if (hosts === null) return false
    const [from, to] = hosts
    const { life } = from
    const calls = [...streamCalls(from)].filter((call) => call.link.to === to)
    if (life === null || calls.length === 0) return false
    from.sockets.inLife(life, `conn.reset ${injection.site}`, () => {
      for (const call of calls) world.network.settle(call, new NetError('reset', `${call.type.name} to ${to.name} reset: the connection broke`), undefined)
    })
    world.acted(injection, calls.length)
    return true
  },
}
