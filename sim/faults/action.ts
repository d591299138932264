import type { Nanos, Random } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { FaultWorld } from './fault-world.js'
import type { FaultKind, Injection, InjectionArgs } from './injection.js'

/** A timed fault kind: one idea, one file. Seeded and listed injections go through the same `apply`. */
export interface FaultAction {
  readonly kind: FaultKind
  /** Draws one injection, complete; null when there is nothing to aim at now. */
  draw(world: FaultWorld, random: Random): Drawn | null
  /** Does it. False: it found no site. */
  apply(world: FaultWorld, injection: Injection): boolean
}

export interface Drawn {
  readonly site: string
  readonly args: InjectionArgs
  /** Hosts that it makes unavailable. */
  readonly takes: readonly SimulatedHost[]
  /** All hosts at once, where the system survives that. */
  readonly isBlackout?: boolean
}

/** A drawn length of an episode: up to `most` milliseconds, at least 1 ms. */
export function drawnMillis(random: Random, most: number): Nanos {
  return (1 + random.int(Math.max(1, most))) * 1_000_000
}
