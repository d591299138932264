import { drawWallError, mendWhenHealed } from '../clock-error.js'
import type { Drawn, FaultDefinition } from '../definition.js'
import { argsOf, signedNanos } from '../injection-args.js'
import { span } from '../sentence.js'

/** Wall clocks are off by a constant from the start of the run: machines whose time nobody set right. */
export const clockSkew: FaultDefinition = {
  kind: 'clock.skew',
  meaning: "hosts' wall clocks are off by a constant from the start; monotonic time is not",
  args: argsOf({ byNanos: signedNanos }),
  options: {
    hostsPerMille: { min: 200, max: 1_000 },
    mostMillis: { min: 1, max: 100_000, log: true },
  },
  isSurvivable: ({ clockSkewMillis = 0 }) => clockSkewMillis > 0,
  drawAtStart(world, random): readonly Drawn[] {
    const drawn: Drawn[] = []
    for (const host of world.systemHosts) {
      const byNanos = drawWallError(world, random, world.option('clock.skew.mostMillis'))
      if (random.int(1_000) < world.option('clock.skew.hostsPerMille') && byNanos !== 0) drawn.push({ site: host.name, args: { byNanos }, takes: [] })
    }
    return drawn
  },
  tell: ({ site, args }) => `the wall clock of ${site} is ${span(args.byNanos)} ${Number(args.byNanos) > 0 ? 'fast' : 'slow'}`,
  apply(world, injection) {
    const host = world.host(injection.site)
    if (host === undefined) return false
    const { byNanos } = injection.args as { byNanos: number }
    host.changeClock((clock) => clock.step(byNanos))
    mendWhenHealed(world, host, 'clock.skew')
    world.acted(injection)
    world.count('skewedClocks')
    return true
  },
}
