import type { HostDisk } from '../disk/host-disk.js'
import type { HostName, Nanos, Random } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { World } from '../host/world.js'
import type { Kernel } from '../kernel/kernel.js'
import type { Link } from '../net/link.js'
import type { Network } from '../net/network.js'
import type { SimulatedStore } from '../objects/simulated-store.js'
import type { Budget } from '../run/scenario.js'
import type { BudgetKeeper } from './budget.js'
import type { DamageBudget } from './damage-budget.js'
import type { FaultKind, Injection } from './injection.js'
import type { NoiseScope } from './noise-episode.js'

/** What fault kinds work with: the run as the nemesis sees it, and what it may do to it. */
export interface FaultWorld {
  readonly kernel: Kernel
  readonly network: Network
  readonly systemHosts: readonly SimulatedHost[]
  /** Clients included. */
  readonly hosts: readonly SimulatedHost[]
  /** What invariants see: the hosts' processes by role. */
  readonly view: World<Record<string, unknown>>
  readonly budget: BudgetKeeper
  /** Which copies of what is replicated are damaged, and which disks were wiped. */
  readonly damage: DamageBudget
  /** An option of this run: `process.crash.restartMillis`; 0 when its kind is not armed. */
  option(name: string): number
  isArmed(kind: FaultKind): boolean
  /** Takes over listed calls of `host.maybe` and `host.failpoint`. */
  readonly code: { list(occurrences: readonly Injection[]): void }
  host(name: HostName): SimulatedHost | undefined
  diskOf(host: SimulatedHost): HostDisk
  /** Null: the scenario has no object store. */
  readonly store: SimulatedStore | null
  /** A system host to harm: by the strategy, any, or one that the system's targets name; null: none now. */
  victim(random: Random): SimulatedHost | null
  /** Seeded faults end here. */
  readonly healAt: Nanos
  /** All hosts may lose power at once. */
  readonly mayBlackout: boolean
  /** What the system stands: seeded faults stay within it. */
  readonly survives: Budget

  /** Does something later, in a step of the world's own. */
  after(delay: Nanos, label: string, run: () => void): void
  /** Calls `end` once: after `forNanos` (null: not by itself), or when the run heals, whichever is first. */
  untilHealed(end: () => void, forNanos: Nanos | null, label: string): void
  /** Ends every lasting fault whose label is meant. */
  end(isMeant: (label: string) => boolean): void
  /** The host counts as down until it is up again. */
  holdDown(host: SimulatedHost): void
  /** Asks a process to stop and kills it when it still runs after `graceNanos`; calls `gone` when it has ended by either. It counts as down. */
  stop(host: SimulatedHost, graceNanos: Nanos, gone: () => void): void
  /** The host goes up again after a time; null: not by itself. */
  restartAfter(host: SimulatedHost, delay: Nanos | null): void
  /** Lays noise on packets; answers how to end it. */
  addNoise(scope: NoiseScope): () => void
  /** The injection acts whenever a packet is lost or held on one of the links by a cut or a clog; answers how to end it. */
  watchHeld(links: readonly Link[], by: 'cut' | 'clog', injection: Injection): () => void
  linksBetween(pairs: readonly (readonly [SimulatedHost, SimulatedHost])[]): Link[]

  /** This injection did harm, once more: what has never acted is a finding. */
  acted(injection: Injection, times?: number): void
  /** A packet or an operation met an episode of this kind. */
  exposed(kind: FaultKind, times?: number): void
  /** The dice said yes, and a budget no. */
  heldBack(kind: FaultKind): void
  /** A kind had the chance to do harm as part of another's injection: pending pages at a power loss. */
  opportunity(kind: FaultKind, times?: number): void
  /** It did. */
  harmed(kind: FaultKind): void
  /** A single packet or operation that an episode struck: complete, so that it can be listed alone. */
  occurrence(injection: Injection): void
  /** Counted once in the run's statistics. */
  count(statistic: string): void
}
