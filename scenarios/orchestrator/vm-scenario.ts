import type { VmObservation, VmRoles } from '../../invariants/orchestrator/index.js'
import type { Measurements, OptionRange, World } from '../../sim/index.js'
import { definitionDefaults, type VmDefinition } from '../../systems/orchestrator/definition.js'

export function downtimes(observation: VmObservation): (world: World<VmRoles>) => Measurements {
  return (world) => ({ 'migration downtime': { unit: 'nanos', values: observation.seenOf(world)?.downtimes ?? [] } })
}

export const thinkOption: Record<'thinkMillis', OptionRange> = {
  thinkMillis: { min: 10, max: 200, log: true, why: "a client's mean pause between two operations" },
}

export const smallVm: VmDefinition = { ...definitionDefaults, vcpus: 2, memoryMib: 512 }
