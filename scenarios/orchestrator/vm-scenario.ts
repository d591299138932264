import type { VmHistory } from '../../invariants/orchestrator/history.js'
import type { VmObservation, VmRoles } from '../../invariants/orchestrator/index.js'
import type { VmOperation } from '../../invariants/orchestrator/operations.js'
import type { Host, Measurements, OptionRange, Random, World } from '../../sim/index.js'
import { definitionDefaults, type VmDefinition } from '../../systems/orchestrator/definition.js'
import { readGuestsBack } from './vm-clients.js'

export function downtimes(observation: VmObservation): (world: World<VmRoles>) => Measurements {
  return (world) => ({ 'migration downtime': { unit: 'nanos', values: observation.seenOf(world)?.downtimes ?? [] } })
}

export const thinkOption: Record<'thinkMillis', OptionRange> = {
  thinkMillis: { min: 10, max: 200, log: true, why: "a client's mean pause between two operations" },
}

export const smallVm: VmDefinition = { ...definitionDefaults, vcpus: 2, memoryMib: 512 }

/** Reads the disks of these VMs back. */
export const guestsHold = (names: readonly string[]) => (host: Host, history: VmHistory) => readGuestsBack(host, history, names)

/** Named VMs that the first client creates, and that all then talk to; `others`: what else is done, of `ways` each with the same odds. */
export function namedVms(
  names: readonly string[],
  ways: number,
  talks: { readonly put: number; readonly get: number },
  others: (name: string, die: number, random: Random) => VmOperation,
) {
  return (random: Random, client: number, index: number): VmOperation => {
    if (client === 1 && index < names.length) return { f: 'create', name: names[index] as string, definition: smallVm }
    const name = random.pick(names)
    const die = random.int(ways)
    if (die < talks.put) return { f: 'put', name, value: client * 1_000_000 + index }
    if (die < talks.put + talks.get) return { f: 'get', name }
    return others(name, die - talks.put - talks.get, random)
  }
}
