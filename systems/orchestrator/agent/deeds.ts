import type { HostName } from '../../../sim/host/seam.js'
import type { Assignment } from '../control/control-api.js'
import type { GuestSpec, GuestState, GuestView, HypervisorView } from '../hypervisor/hypervisor.js'

/** One thing that an agent has its machine do. */
export type Deed =
  | { readonly kind: 'start' | 'identify'; readonly vm: string; readonly spec: GuestSpec }
  | { readonly kind: 'stop'; readonly vm: string; readonly generation: number }
  | { readonly kind: 'prepare'; readonly vm: string; readonly spec: GuestSpec; readonly migration: number }
  | {
      readonly kind: 'migrate'
      readonly vm: string
      readonly generation: number
      readonly migration: number
      readonly target: HostName
      readonly targetSession: number
    }
  | { readonly kind: 'hand-over' | 'cancel' | 'activate' | 'discard'; readonly vm: string; readonly generation: number; readonly migration: number }

/** What makes the machine what the control plane wants: the difference between what is there and what is assigned. Pure. */
export function deedsFor({ guests }: HypervisorView, assignments: readonly Assignment[]): Deed[] {
  const deeds: Deed[] = []
  const assigned = new Set<string>()
  const present = new Map(guests.map((guest) => [guest.vm, guest]))
  for (const assignment of assignments) {
    assigned.add(assignment.vm)
    const deed = deedFor(assignment, present.get(assignment.vm))
    if (deed !== null) deeds.push(deed)
  }
  // What nobody assigned to this machine has no business there.
  for (const { vm, generation, state, migration } of guests) {
    if (assigned.has(vm)) continue
    // What never was this machine's is thrown away, and the generation may yet come to be its.
    const comes = isComing(state) && migration !== null
    deeds.push(comes ? { kind: 'discard', vm, generation, migration } : { kind: 'stop', vm, generation })
  }
  return deeds
}

function deedFor({ vm, generation, role, spec, migration }: Assignment, guest: GuestView | undefined): Deed | null {
  switch (role) {
    case 'stop':
      // It went away from here and was to come back, and nothing came of that: what came of its memory is not what is to be stopped, but in the way of it.
      if (guest !== undefined && guest.generation > generation && isComing(guest.state) && guest.migration !== null)
        return { kind: 'discard', vm, generation: guest.generation, migration: guest.migration }
      return { kind: 'stop', vm, generation }
    case 'incoming':
      if (migration === null || migration.phase !== 'preparing' || guest?.migration === migration.id) return null
      return { kind: 'prepare', vm, spec, migration: migration.id }
    case 'run':
      return guest === undefined ? { kind: 'start', vm, spec } : deedForOwn(spec, migration, guest)
  }
}

const isComing = (state: GuestState): boolean => state === 'incoming' || state === 'complete'

/** The VM is this machine's, and something of it is there. */
function deedForOwn(spec: GuestSpec, migration: Assignment['migration'], guest: GuestView): Deed | null {
  const { vm, generation } = spec
  if (guest.generation > generation) return null
  if (guest.generation < generation || guest.boots < spec.boots) return { kind: 'start', vm, spec }
  if (guest.state === 'complete' && guest.migration !== null) return { kind: 'activate', vm, generation, migration: guest.migration }
  if (guest.state === 'incoming') return { kind: 'start', vm, spec }
  const isOnItsWay = guest.state === 'sending' || guest.state === 'standing'
  if (isOnItsWay && guest.migration !== null && guest.migration !== migration?.id) return { kind: 'cancel', vm, generation, migration: guest.migration }
  if (guest.state === 'standing' && migration !== null) return { kind: 'hand-over', vm, generation, migration: migration.id }
  if (guest.state !== 'running') return null
  // Nobody's guest is as it was made: it becomes somebody once.
  if (spec.address !== null && guest.generationId !== spec.identity.generationId) return { kind: 'identify', vm, spec }
  if (migration === null || migration.phase !== 'copying' || migration.targetSession === null) return null
  return { kind: 'migrate', vm, generation, migration: migration.id, target: migration.target, targetSession: migration.targetSession }
}
