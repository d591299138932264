import type { HostName } from '../../../sim/host/seam.js'
import type { Resources, VmDefinition } from '../definition.js'
import type { VmAddress } from '../network/addresses.js'

/** What its owner wants. `deleted`: the record lasts until the host has confirmed that nothing is left. */
export type DesiredState = 'running' | 'stopped' | 'deleted'

/** What its host said last. `none`: nothing yet of this generation. */
export type ObservedPhase = 'none' | 'booting' | 'running' | 'paused' | 'crashed' | 'stopped' | 'failed'

/** Who a guest is: all that must differ between two that were booted from one snapshot. */
export interface GuestIdentity {
  readonly machineId: string
  /** Of the guest's random number generator. */
  readonly randomSeed: number
  /** Changes with every copy: the VM Generation ID. */
  readonly generationId: string
}

/** A migration that is under way. */
export interface MigrationRecord {
  readonly id: number
  readonly target: HostName
  /** Of the target machine, once it is prepared. */
  readonly targetSession: number | null
  /** `preparing`: the target makes room. `copying`: memory is on its way, and the source may ask for the hand-over. */
  readonly phase: 'preparing' | 'copying'
}

export interface VmRecord {
  /** Never given to another. */
  readonly id: string
  readonly serial: number
  readonly name: string
  readonly tenant: string
  readonly definition: VmDefinition
  readonly desired: DesiredState
  /** Rises with each placement: who has a lower one has nothing to say. */
  readonly generation: number
  /** The one host that may run it; null: none may, which is certain. */
  readonly host: HostName | null
  /** Which life of that host's machine. */
  readonly session: number
  readonly observed: ObservedPhase
  /** It is to leave its host: for a higher one, or because it fails there. */
  readonly evicted: null | 'preempted' | 'fails' | 'unwanted'
  readonly migration: MigrationRecord | null
  /** It came by a migration, and the source has not yet said that nothing of it is left there. */
  readonly arrival: { readonly migration: number; readonly source: HostName; readonly generation: number } | null
  /** Rises when it is to be booted anew where it is. */
  readonly boots: number
  readonly address: VmAddress | null
  readonly identity: GuestIdentity
  /** Pool that it waits in, warm; null: it is somebody's. */
  readonly pool: string | null
  /** It was claimed from a pool, and its host has not yet said that the guest has become who it is to be: a claim lasts for a while only. */
  readonly isBecoming: boolean
  /** Hosts that it failed on, the latest last; not tried again while there are others. */
  readonly failedOn: readonly HostName[]
}

/** `ready`; `lost`: it is to be fenced, and nothing of it is believed; `fenced`: nothing of that session runs or ever will. */
export type HostState = 'ready' | 'lost' | 'fenced'
export type HostMode = 'open' | 'cordoned' | 'draining' | 'maintenance'

export interface HostRecord {
  /** Of the machine. */
  readonly name: HostName
  readonly capacity: Resources
  readonly features: readonly string[]
  readonly taints: readonly string[]
  readonly zone: string
  /** What an hour costs: of equals the cheaper one. */
  readonly cost: number
  readonly state: HostState
  readonly mode: HostMode
  readonly session: number
  /** Of its agent's code. */
  readonly version: number
}

export interface Quota {
  readonly vms: number
  readonly vcpus: number
  readonly memoryMib: number
}

export interface TenantRecord {
  readonly name: string
  /** Which segment is its. */
  readonly segment: number
  readonly quota: Quota
}

export type PoolSource = 'boot' | 'snapshot'

export interface PoolRecord {
  readonly name: string
  readonly definition: VmDefinition
  /** Whether its VMs are booted, or restored from a snapshot of the first that was booted on the same machine. */
  readonly source: PoolSource
  /** How many should be warm, as demand has it. */
  readonly size: number
  readonly least: number
  readonly most: number
}
