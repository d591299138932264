import type { HostName } from '../../../sim/host/seam.js'
import { protocol } from '../../../sim/run/scenario.js'
import type { GuestIdentity } from '../control/records.js'
import type { Resources, VmDefinition } from '../definition.js'
import type { VmAddress } from '../network/addresses.js'

/** What a guest is started from. */
export interface GuestSpec {
  readonly vm: string
  readonly generation: number
  readonly boots: number
  readonly definition: VmDefinition
  /** null: it waits warm, without a network. */
  readonly address: VmAddress | null
  readonly identity: GuestIdentity
  /** The pool of whose snapshot it may be made; null: it is to be booted. */
  readonly snapshotOf: string | null
}

/**
 * `incoming`: it waits for its memory. `standing`: all of its memory is elsewhere, and only the control plane can say whose it is. `suspended`: the machine must
 * not run it while it is not sure of the storage. `failed`: it was started as often as it may be.
 */
export type GuestState = 'starting' | 'booting' | 'running' | 'hung' | 'crashed' | 'failed' | 'incoming' | 'sending' | 'standing' | 'complete' | 'suspended'

export interface GuestView {
  readonly vm: string
  readonly generation: number
  readonly boots: number
  readonly state: GuestState
  readonly generationId: string
  readonly migration: number | null
}

export interface HypervisorView {
  /** Of the machine: in another one changes are counted anew. */
  readonly life: number
  /** Rises with everything that changes here. */
  readonly changes: number
  /** null: the storage has not opened one yet. */
  readonly session: number | null
  readonly capacity: Resources
  readonly guests: readonly GuestView[]
}

export type HypervisorAnswer = { readonly kind: 'done' } | { readonly kind: 'refused'; readonly why: string }

interface Named {
  readonly vm: string
  readonly generation: number
  /** Orders of an earlier session are refused. */
  readonly session: number
}

/** What an agent asks of the hypervisor of its machine, whatever that is: a simulated one, local processes, systemd and microvm.nix. */
export type HypervisorApi = {
  /** null: nothing changed since, in the same life. */
  look: { req: { readonly life: number; readonly since: number }; res: HypervisorView | null }
  /** Answered at once; how it goes is seen. */
  start: { req: { readonly session: number; readonly spec: GuestSpec }; res: HypervisorAnswer }
  /** `done`: nothing of the VM up to this generation is here, holds its disk, or will be started in this session. */
  stop: { req: Named; res: HypervisorAnswer }
  /** A warm guest becomes somebody: identity first, then the network. */
  identify: { req: { readonly session: number; readonly spec: GuestSpec }; res: HypervisorAnswer }
  /** Makes room for a guest that is to come. */
  prepare: { req: { readonly session: number; readonly spec: GuestSpec; readonly migration: number }; res: HypervisorAnswer }
  /** Copies the guest's memory; `done`: the guest stands still and the target has all. Otherwise it runs on. */
  send: {
    req: Named & { readonly migration: number; readonly target: HostName; readonly targetSession: number }
    res: HypervisorAnswer
  }
  /** The VM is the target's: nothing of it stays here, and the target is told. */
  finish: { req: Named & { readonly migration: number }; res: HypervisorAnswer }
  /** The VM stays here. */
  cancel: { req: Named & { readonly migration: number }; res: HypervisorAnswer }
  /** The guest whose memory is complete is this machine's. */
  activate: { req: Named & { readonly migration: number }; res: HypervisorAnswer }
  /** Nothing comes of an incoming guest. */
  discard: { req: Named & { readonly migration: number }; res: HypervisorAnswer }
  /** By the machine's power supply, as it were: whatever runs, ends, and nothing is started in this session. */
  powerOff: { req: { readonly session: number }; res: HypervisorAnswer }
}

export const hypervisorApi = protocol<HypervisorApi>('vm-hypervisor')

export const accepted: HypervisorAnswer = { kind: 'done' }
export const declined = (why: string): HypervisorAnswer => ({ kind: 'refused', why })
