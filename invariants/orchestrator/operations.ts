import type { HostMode } from '../../systems/orchestrator/control/records.js'
import type { VmDefinition } from '../../systems/orchestrator/definition.js'

/** What clients of an orchestrator do: to the control plane, and to guests. */
export type VmOperation =
  | { readonly f: 'create'; readonly name: string; readonly definition: VmDefinition; readonly pool?: string }
  | { readonly f: 'start' | 'stop' | 'restart' | 'delete' | 'migrate' | 'look'; readonly name: string }
  | { readonly f: 'resize'; readonly name: string; readonly vcpus: number }
  /** Of a host. */
  | { readonly f: 'mode'; readonly name: string; readonly mode: HostMode }
  | { readonly f: 'put'; readonly name: string; readonly value: number }
  | { readonly f: 'get'; readonly name: string }

/** What came of it: what the VM is to be, what refused it, or a value of a guest's disk. */
export type VmResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'desired'; readonly desired: 'running' | 'stopped' | 'deleted' | null }
  /** `vm`: who answered; `expected`: whose address it is. */
  | { readonly kind: 'value'; readonly value: number | null; readonly vm: string; readonly expected: string }
