import type { Kernel } from '../kernel/kernel.js'
import type { Key } from '../kernel/mix.js'
import type { Network } from '../net/network.js'
import type { CodeSites } from './code-sites.js'
import type { Incarnation } from './incarnation.js'
import type { ObjectStore } from './object-store.js'
import type { PropertyKind } from './properties.js'
import type { Disk } from './seam.js'
import type { SimulatedHost } from './simulated-host.js'

/** What simulated hosts share: the world they are in. */
export interface MachineWorld {
  readonly kernel: Kernel
  readonly network: Network
  /** Process randomness; salted by the plan. */
  readonly processKey: Key
  readonly peers: Readonly<Record<string, readonly string[]>>
  host(name: string): SimulatedHost | undefined
  disk(life: Incarnation): Disk
  /** Throws `Misuse` when the scenario has no object store. */
  objects(life: Incarnation): ObjectStore
  property(life: Incarnation, kind: PropertyKind, name: string, holds: boolean, detail: object | undefined): void
  /** A process threw, or rejected without a handler. */
  failed(error: unknown): void
  /** `host.exit` was called. */
  exited(host: SimulatedHost, reason: string): void
  /** The process is up: its boot settled. */
  booted(host: SimulatedHost): void
  /** `host.mark` was called. */
  moment(host: SimulatedHost, name: string): void
  /** Decides at `host.maybe` and `host.failpoint`. */
  readonly code: CodeSites
}
