import type { HostName } from '../../../sim/host/seam.js'
import type { Resources, VmDefinition } from '../definition.js'
import type { GuestIdentity, HostMode, ObservedPhase, PoolSource, Quota } from './records.js'

/** What clients and operators ask for. */
export type ClientCommand =
  | { readonly kind: 'set-tenant'; readonly tenant: string; readonly quota: Quota }
  /** `claim`: where it was placed by what was known then; null: nowhere yet. `pool`: a warm one of it will do. */
  | {
      readonly kind: 'create'
      readonly name: string
      readonly tenant: string
      readonly definition: VmDefinition
      readonly claim: HostName | null
      readonly identity: GuestIdentity
      readonly pool?: string
    }
  | { readonly kind: 'start' | 'stop' | 'restart' | 'delete'; readonly name: string }
  | { readonly kind: 'resize'; readonly name: string; readonly vcpus: number; readonly memoryMib: number }
  | { readonly kind: 'migrate'; readonly name: string; readonly target: HostName }
  | { readonly kind: 'set-mode'; readonly host: HostName; readonly mode: HostMode }
  | {
      readonly kind: 'set-pool'
      readonly pool: string
      readonly definition: VmDefinition
      readonly least: number
      readonly most: number
      readonly source?: PoolSource
    }

/** What agents say. */
export type AgentCommand =
  | {
      readonly kind: 'join'
      readonly host: HostName
      readonly session: number
      readonly version: number
      readonly capacity: Resources
      readonly features: readonly string[]
      readonly taints: readonly string[]
      readonly zone: string
      readonly cost: number
    }
  | {
      readonly kind: 'report'
      readonly host: HostName
      readonly session: number
      readonly guests: readonly ReportedGuest[]
      /** Nothing of these, up to these generations, is there or will ever be started in this session. */
      readonly released: readonly { readonly vm: string; readonly generation: number }[]
      /** Incoming migrations that are prepared. */
      readonly prepared: readonly { readonly vm: string; readonly migration: number }[]
    }
  | {
      readonly kind: 'hand-over'
      readonly vm: string
      readonly migration: number
      readonly generation: number
      readonly host: HostName
      readonly session: number
    }
  /** Nothing will come of it: the source runs on. */
  | { readonly kind: 'abort-migration'; readonly vm: string; readonly migration: number; readonly why: string }

export interface ReportedGuest {
  readonly vm: string
  readonly generation: number
  readonly phase: ObservedPhase
  /** Who the guest is by now. */
  readonly generationId?: string
  /** It was started as often as it may be here, and does not stay up. */
  readonly isGivenUp?: boolean
}

/** What the leader decides. */
export type LeaderCommand =
  | { readonly kind: 'host-lost'; readonly host: HostName; readonly session: number }
  | { readonly kind: 'host-fenced'; readonly host: HostName; readonly session: number }
  /** `generation`: as it was when the place was chosen. */
  | { readonly kind: 'place'; readonly vm: string; readonly generation: number; readonly host: HostName }
  | { readonly kind: 'evict'; readonly vm: string; readonly generation: number; readonly why: 'preempted' | 'fails' | 'unwanted' }
  | { readonly kind: 'start-migration'; readonly vm: string; readonly generation: number; readonly target: HostName }
  | { readonly kind: 'warm-up'; readonly pool: string; readonly claim: HostName; readonly identity: GuestIdentity }
  | { readonly kind: 'size-pool'; readonly pool: string; readonly size: number }

export type Command = ClientCommand | AgentCommand | LeaderCommand

export type Refused =
  | 'no-such-vm'
  | 'no-such-host'
  | 'no-such-tenant'
  | 'no-such-pool'
  | 'name-in-use'
  | 'over-quota'
  | 'claim-lost'
  | 'busy-migrating'
  | 'not-running'
  | 'being-deleted'
  | 'stale'
  | 'no-address'
  | 'too-many'

export type CommandResult = { readonly kind: 'ok'; readonly vm?: string } | { readonly kind: 'refused'; readonly why: Refused; readonly detail: string }

/** As it is in the log. A key makes a command that is sent twice done once. */
export interface Envelope {
  readonly key: string | null
  readonly command: Command
}

export const done: CommandResult = { kind: 'ok' }
export const refused = (why: Refused, detail: string): CommandResult => ({ kind: 'refused', why, detail })
