import type { VmObservation, VmRoles } from '../../invariants/orchestrator/index.js'
import type { VmOperation, VmResult } from '../../invariants/orchestrator/operations.js'
import { hasNoOrphans, isSettled } from '../../invariants/orchestrator/settled.js'
import { type Eventually, type Measurements, type OptionRange, s, type World } from '../../sim/index.js'
import { definitionDefaults, type VmDefinition } from '../../systems/orchestrator/definition.js'
import { readGuestsBack } from './vm-clients.js'

/** What must come true of every orchestrator once nothing harms it any more. `names`: VMs whose disks are read back. */
export function afterHeal(names: readonly string[]): readonly Eventually<VmRoles, VmOperation, VmResult>[] {
  return [
    { name: 'desired is observed', within: s(25), holds: isSettled },
    { name: 'nothing is left over', within: s(25), holds: hasNoOrphans },
    { name: 'guests hold what was acknowledged', within: s(15), ask: (host, history) => readGuestsBack(host, history, names) },
  ]
}

export function downtimes(observation: VmObservation): (world: World<VmRoles>) => Measurements {
  return (world) => ({ 'migration downtime': { unit: 'nanos', values: observation.seenOf(world)?.downtimes ?? [] } })
}

export const thinkOption: Record<'thinkMillis', OptionRange> = {
  thinkMillis: { min: 10, max: 200, log: true, why: "a client's mean pause between two operations" },
}

export const smallVm: VmDefinition = { ...definitionDefaults, vcpus: 2, memoryMib: 512 }
