import type { ReportedGuest } from '../control/commands.js'
import type { Assignment, Report } from '../control/control-api.js'
import type { ObservedPhase } from '../control/records.js'
import type { GuestState, HypervisorView } from '../hypervisor/hypervisor.js'

/** What an agent tells of its machine. */
export function reportOf(view: HypervisorView, assignments: readonly Assignment[], released: Report['released']): Report {
  const guests: ReportedGuest[] = []
  const prepared: { vm: string; migration: number }[] = []
  const incoming = new Map(assignments.filter(({ role }) => role === 'incoming').map(({ vm, migration }) => [vm, migration?.id ?? null]))
  for (const { vm, generation, state, migration, generationId } of view.guests) {
    if (state === 'incoming' || state === 'complete') {
      if (migration !== null && incoming.get(vm) === migration) prepared.push({ vm, migration })
      continue
    }
    const guest = { vm, generation, phase: phaseOf(state), generationId }
    guests.push(state === 'failed' ? { ...guest, isGivenUp: true } : guest)
  }
  return { guests, released, prepared }
}

function phaseOf(state: GuestState): ObservedPhase {
  switch (state) {
    case 'starting':
    case 'booting':
      return 'booting'
    case 'running':
    case 'hung':
    case 'sending':
      return 'running'
    case 'standing':
    case 'suspended':
    case 'incoming':
    case 'complete':
      return 'paused'
    case 'crashed':
      return 'crashed'
    case 'failed':
      return 'failed'
  }
}
