import { hostsOf } from '../connection-aim.js'
import { drawnMillis, type FaultDefinition } from '../definition.js'
import { argsOf, nanos, nanosOrNull } from '../injection-args.js'
import { lasting } from '../sentence.js'

/** The link between two hosts goes down and up again, quickly and many times, both ways at once. */
export const netFlap: FaultDefinition = {
  kind: 'net.flap',
  meaning: 'the link between two hosts goes down and up again, quickly and many times',
  args: argsOf({ forNanos: nanosOrNull, downNanos: nanos, upNanos: nanos }),
  options: {
    everyMillis: { min: 2_000, max: 12_000, log: true },
    lastsMillis: { min: 200, max: 5_000, log: true },
    downMillis: { min: 5, max: 400, log: true },
    upMillis: { min: 5, max: 400, log: true },
  },
  draw(world, random) {
    const from = random.pick(world.hosts)
    const to = random.pick(world.hosts)
    if (from === to) return null
    return {
      site: `${from.name}>${to.name}`,
      args: {
        forNanos: drawnMillis(random, world.option('net.flap.lastsMillis')),
        downNanos: drawnMillis(random, world.option('net.flap.downMillis')),
        upNanos: drawnMillis(random, world.option('net.flap.upMillis')),
      },
      takes: [],
    }
  },
  tell: ({ site, args }) => {
    const [from, to] = site.split('>')
    return `the link between ${from} and ${to} goes down and up again and again ${lasting(args)}`
  },
  apply(world, injection) {
    const hosts = hostsOf(world, injection.site)
    if (hosts === null) return false
    const { forNanos, downNanos, upNanos } = injection.args as { forNanos: number; downNanos: number; upNanos: number }
    const [from, to] = hosts
    const links = world.linksBetween([
      [from, to],
      [to, from],
    ])
    const endWatch = world.watchHeld(links, 'cut', injection)
    let isDown = false
    let isOver = false
    const turn = () => {
      if (isOver) return
      isDown = !isDown
      if (isDown) world.network.cut(links)
      else world.network.mend(links)
      world.after(isDown ? downNanos : upNanos, `net.flap ${injection.site}`, turn)
    }
    const end = () => {
      isOver = true
      endWatch()
      if (isDown) world.network.mend(links)
    }
    world.untilHealed(end, forNanos, `net.flap ends ${injection.site}`)
    turn()
    return true
  },
}
