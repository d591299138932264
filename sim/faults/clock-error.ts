import type { Nanos, Random } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { FaultWorld } from './fault-world.js'

/** How far the wall clock of a machine is from true time; positive: ahead. */
export function wallError(world: FaultWorld, host: SimulatedHost): Nanos {
  return host.clock?.wallError(world.kernel.now) ?? 0
}

/** How much further from true time its wall clock may go before the system's bound is reached; unbounded where the system names none. */
export function roomForError(world: FaultWorld, host: SimulatedHost): Nanos {
  const { clockSkewMillis } = world.survives
  if (clockSkewMillis === undefined) return Number.MAX_SAFE_INTEGER
  return Math.max(0, clockSkewMillis * 1_000_000 - Math.abs(wallError(world, host)))
}

/** Neither a drift nor a freeze of it is under way: only then is the next disturbance drawn, so that bounds can be kept. */
export function isSteady(world: FaultWorld, host: SimulatedHost): boolean {
  return host.clock === null || (host.clock.driftPpm === 0 && !host.clock.isFrozen(world.kernel.now))
}

/** When faults end the clock runs true again, and its wall clock is set right. */
export function mendWhenHealed(world: FaultWorld, host: SimulatedHost, kind: string): void {
  const mend = () => {
    if (!isSteady(world, host) || wallError(world, host) !== 0) host.changeClock((clock, now) => clock.mend(now))
  }
  world.untilHealed(mend, null, `${kind} ends ${host.name}`)
}

/** An error of a wall clock in nanoseconds, either way, in whole microseconds: at most `mostMillis` and what the system survives. */
export function drawWallError(world: FaultWorld, random: Random, mostMillis: number): Nanos {
  const most = Math.min(mostMillis, world.survives.clockSkewMillis ?? 0) * 1_000
  const micros = random.int(most + 1)
  return (random.int(2) === 0 ? micros : -micros) * 1_000
}
