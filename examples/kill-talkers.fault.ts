import { drawnMillis, type FaultDefinition, type FaultWorld } from 'seedfall'

/** A fault kind of one's own, in one file: the two hosts that have sent each other most die at the same moment. */
export const killTalkers: FaultDefinition = {
  kind: 'own.kill-talkers',
  meaning: 'the two hosts that have sent each other most die at once, and start again after a while',
  options: {
    everyMillis: { min: 1_000, max: 8_000, log: true, why: 'mean time between two' },
    restartMillis: { min: 50, max: 2_000, log: true, why: 'the longest that they stay down' },
  },
  isSurvivable: ({ down = 0 }) => down >= 2,

  draw(world, random) {
    const pair = talkers(world)
    if (pair === null || pair.some((host) => host.life === null)) return null
    const restartAfterNanos = pair.map(() => drawnMillis(random, world.option('own.kill-talkers.restartMillis')))
    return { site: pair.map((host) => host.name).join('+'), args: { restartAfterNanos }, takes: pair }
  },

  apply(world, injection) {
    const pair = injection.site.split('+').map((name) => world.host(name))
    const { restartAfterNanos } = injection.args as { restartAfterNanos: readonly number[] }
    if (pair.every((host) => host?.life == null)) return false
    for (const [i, host] of pair.entries()) {
      if (host === undefined) continue
      world.holdDown(host)
      host.kill(true)
      world.restartAfter(host, restartAfterNanos[i] ?? null)
    }
    world.acted(injection)
    world.count('talkersKilled')
    return true
  },
}

/** The two system hosts with most packets between them so far; of equals the first pair. */
function talkers(world: FaultWorld) {
  const sent = (from: number, to: number) => {
    let packets = 0
    world.network.eachLink((link) => {
      if (link.from.index === from && link.to.index === to) for (const channel of link.channels) packets += channel?.sent ?? 0
    })
    return packets
  }
  let most = 0
  let pair = null
  for (const [i, one] of world.systemHosts.entries()) {
    for (const other of world.systemHosts.slice(i + 1)) {
      const packets = sent(one.index, other.index) + sent(other.index, one.index)
      if (packets > most) {
        most = packets
        pair = [one, other]
      }
    }
  }
  return pair
}
