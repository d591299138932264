import type { HostDisk } from '../disk/host-disk.js'
import type { HostName, Nanos, Random } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { Kernel } from '../kernel/kernel.js'
import type { Link } from '../net/link.js'
import type { Network } from '../net/network.js'
import type { BudgetKeeper } from './budget.js'
import type { FaultKind, Injection } from './injection.js'
import type { NoiseScope } from './noise-episode.js'

/** What fault actions work with. */
export interface FaultWorld {
  readonly kernel: Kernel
  readonly network: Network
  readonly systemHosts: readonly SimulatedHost[]
  /** Clients included. */
  readonly hosts: readonly SimulatedHost[]
  readonly budget: BudgetKeeper
  /** An option of this run: `process.crash.restartMillis`. */
  option(name: string): number
  isArmed(kind: FaultKind): boolean
  host(name: HostName): SimulatedHost | undefined
  diskOf(host: SimulatedHost): HostDisk
  /** A system host to harm: by the strategy, any, or one that the system's targets name. */
  victim(random: Random): SimulatedHost | null
  /** Seeded faults end here. */
  readonly healAt: Nanos
  /** All hosts may lose power at once. */
  readonly mayBlackout: boolean
  after(delay: Nanos, label: string, run: () => void): void
  /** Calls `end` once: after `forNanos` (null: not by itself), or when the run heals, whichever is first. */
  untilHealed(end: () => void, forNanos: Nanos | null, label: string): void
  /** The host counts as down until it is up again. */
  holdDown(host: SimulatedHost): void
  /** The host goes up again after a time; null: not by itself. */
  restartAfter(host: SimulatedHost, delay: Nanos | null): void
  /** One more time that this injection did harm. */
  acted(injection: Injection, times?: number): void
  /** A kind did harm as part of another's injection: sectors lost at a power loss. */
  harmed(kind: FaultKind): void
  opportunity(kind: FaultKind, times?: number): void
  occurrence(injection: Injection): void
  /** Answers how to end it. */
  addNoise(scope: NoiseScope): () => void
  linksBetween(pairs: readonly (readonly [SimulatedHost, SimulatedHost])[]): Link[]
  /** Counted once in the run's statistics. */
  count(statistic: string): void
}
