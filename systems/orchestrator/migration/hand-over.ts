import type { HostName } from '../../../sim/host/seam.js'

/** What is known of a VM that matters to a hand-over. */
export interface HandOverGround {
  readonly host: HostName | null
  readonly session: number
  readonly generation: number
  readonly migration: { readonly id: number; readonly target: HostName; readonly targetSession: number | null; readonly phase: 'preparing' | 'copying' } | null
}

/** The source's request: it stands still, and the target has all. */
export interface HandOverRequest {
  readonly migration: number
  readonly generation: number
  readonly host: HostName
  readonly session: number
}

export type HandOverDecision =
  | { readonly kind: 'handed-over'; readonly owner: { readonly host: HostName; readonly session: number; readonly generation: number } }
  | { readonly kind: 'refused'; readonly why: string }

/**
 * Whose the VM is: decided once, where all replicas agree. Handed over only by the owner itself, in the life in which it was given the VM, and only to the life
 * of the target that the memory went to. `targetSession`: of the target now; null: it is not to be relied on.
 */
export function decideHandOver(vm: HandOverGround, request: HandOverRequest, targetSession: number | null): HandOverDecision {
  const { migration } = vm
  if (vm.host !== request.host || vm.session !== request.session || vm.generation !== request.generation)
    return { kind: 'refused', why: `it is not ${request.host}'s to hand over` }
  if (migration === null || migration.id !== request.migration) return { kind: 'refused', why: `migration ${request.migration} is over` }
  if (migration.phase !== 'copying' || targetSession === null || migration.targetSession !== targetSession)
    return { kind: 'refused', why: `${migration.target} is not what the memory went to` }
  return { kind: 'handed-over', owner: { host: migration.target, session: targetSession, generation: vm.generation + 1 } }
}
