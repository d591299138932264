import type { HostName } from '../../../sim/host/seam.js'
import { protocol } from '../../../sim/run/scenario.js'
import type { VmDefinition } from '../definition.js'
import type { GuestSpec } from '../hypervisor/hypervisor.js'
import type { ClusterEvent } from './cluster-state.js'
import type { AgentCommand, ClientCommand, CommandResult, ReportedGuest } from './commands.js'
import type { HostRecord, PoolRecord, TenantRecord, VmRecord } from './records.js'

/** What a client asks for: a command without what the control plane adds to it. */
export type Order =
  | { readonly kind: 'create'; readonly name: string; readonly tenant: string; readonly definition: VmDefinition; readonly pool?: string }
  /** `target`: null: wherever it fits best. */
  | { readonly kind: 'migrate'; readonly name: string; readonly target: HostName | null }
  | Exclude<ClientCommand, { kind: 'create' | 'migrate' }>

export type ControlAnswer<Result> =
  | { readonly kind: 'ok'; readonly result: Result }
  /** Certainly not done. */
  | { readonly kind: 'not-leader'; readonly leader: HostName | undefined }
  | { readonly kind: 'busy' }
  /** Nobody can tell whether it was or will be done: ask again with the same key. */
  | { readonly kind: 'unknown' }

/** What a machine has to do. */
export interface Assignment {
  readonly vm: string
  readonly generation: number
  /** `run`: it is this machine's. `stop`: it was, and is to be given up. `incoming`: it may become so. */
  readonly role: 'run' | 'stop' | 'incoming'
  readonly spec: GuestSpec
  readonly migration: null | {
    readonly id: number
    readonly phase: 'preparing' | 'copying'
    readonly target: HostName
    readonly targetSession: number | null
  }
}

export interface Report {
  readonly guests: readonly ReportedGuest[]
  readonly released: readonly { readonly vm: string; readonly generation: number }[]
  readonly prepared: readonly { readonly vm: string; readonly migration: number }[]
}

export type Synced =
  /** `assignments`: null: as before. */
  | { readonly kind: 'synced'; readonly revision: number; readonly assignments: readonly Assignment[] | null }
  /** The control plane does not know the machine in this session. */
  | { readonly kind: 'join' }
  /** The session is over: nothing of it counts any more. */
  | { readonly kind: 'over' }

/** The control plane's service. Everything is answered by the leader; reads are linearizable. */
export type ControlApi = {
  order: { req: { readonly key: string; readonly order: Order }; res: ControlAnswer<CommandResult> }
  vm: { req: { readonly name: string }; res: ControlAnswer<VmRecord | null> }
  vms: { req: null; res: ControlAnswer<readonly VmRecord[]> }
  hosts: { req: null; res: ControlAnswer<readonly HostRecord[]> }
  tenants: { req: null; res: ControlAnswer<readonly TenantRecord[]> }
  pools: { req: null; res: ControlAnswer<readonly PoolRecord[]> }
  /** Events after a revision; waits a while for the first. */
  events: { req: { readonly after: number }; res: ControlAnswer<readonly ClusterEvent[]> }
  /** From agents. `revision`: of the assignments that it has. `report`: null: as before. */
  sync: {
    req: { readonly host: HostName; readonly session: number; readonly version: number; readonly revision: number; readonly report: Report | null }
    res: ControlAnswer<Synced>
  }
  tell: { req: Exclude<AgentCommand, { kind: 'report' }>; res: ControlAnswer<CommandResult> }
}

export const controlApi = protocol<ControlApi>('vm-control')
