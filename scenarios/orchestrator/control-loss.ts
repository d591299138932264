import { type Drawn, drawnMillis, type FaultDefinition } from '../../sim/index.js'

/** All replicas of the control plane stand still at once, and go on with what they believed. */
export const controlStall: FaultDefinition = {
  kind: 'vm.control-stall',
  meaning: 'the whole control plane stands still for a while, and goes on with what it believed',
  options: { everyMillis: { min: 4_000, max: 15_000, log: true }, lastsMillis: { min: 2_000, max: 15_000, log: true } },
  isSurvivable: () => true,
  draw(world, random): Drawn | null {
    if (!world.systemHosts.some(({ role, life, isPaused }) => role === 'control' && life !== null && !isPaused)) return null
    const lasts = drawnMillis(random, world.option('vm.control-stall.lastsMillis'))
    // Not to the nanosecond together.
    return { site: 'control', args: { forNanos: lasts, apartNanos: random.int(100) * 1_000_000 }, takes: [] }
  },
  apply(world, injection) {
    const { forNanos, apartNanos } = injection.args as { forNanos: number | null; apartNanos: number }
    let isFound = false
    for (const [i, replica] of world.systemHosts.filter(({ role }) => role === 'control').entries()) {
      if (replica.life === null || replica.isPaused) continue
      isFound = true
      replica.pause()
      const lasts = forNanos === null ? null : forNanos + i * apartNanos
      world.untilHealed(() => replica.resume(), lasts, `process.pause ends ${replica.name}`)
    }
    if (isFound) world.acted(injection)
    return isFound
  },
}

/** All replicas of the control plane die at once, and come back a good while later. */
export const controlOutage: FaultDefinition = {
  kind: 'vm.control-outage',
  meaning: 'the whole control plane is down for a while',
  options: { everyMillis: { min: 6_000, max: 20_000, log: true }, restartMillis: { min: 1_000, max: 12_000, log: true } },
  isSurvivable: () => true,
  draw(world, random): Drawn | null {
    if (!world.systemHosts.some(({ role, life }) => role === 'control' && life !== null)) return null
    const restartAfterNanos = drawnMillis(random, world.option('vm.control-outage.restartMillis'))
    return { site: 'control', args: { restartAfterNanos }, takes: [] }
  },
  apply(world, injection) {
    const { restartAfterNanos } = injection.args as { restartAfterNanos: number | null }
    let isFound = false
    for (const replica of world.systemHosts) {
      if (replica.role !== 'control' || replica.life === null) continue
      isFound = true
      world.holdDown(replica)
      replica.kill(true)
      world.restartAfter(replica, restartAfterNanos)
    }
    if (isFound) world.acted(injection)
    return isFound
  },
}
