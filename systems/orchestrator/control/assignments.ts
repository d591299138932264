import type { HostName } from '../../../sim/host/seam.js'
import type { GuestSpec } from '../hypervisor/hypervisor.js'
import type { ClusterState } from './cluster-state.js'
import type { Assignment } from './control-api.js'
import { vmsOf } from './host-commands.js'
import type { VmRecord } from './records.js'

/** What the machine of a host has to do, oldest VM first. */
export function assignmentsOf(state: ClusterState, host: HostName): Assignment[] {
  return vmsOf(state, host).map((vm) => {
    const role = vm.host !== host ? 'incoming' : vm.desired === 'running' && vm.evicted === null ? 'run' : 'stop'
    // A guest that comes will be of the generation that a hand-over would make.
    const generation = role === 'incoming' ? vm.generation + 1 : vm.generation
    return { vm: vm.id, generation, role, spec: specOf(vm, generation), migration: vm.migration }
  })
}

function specOf({ id, boots, definition, address, identity }: VmRecord, generation: number): GuestSpec {
  return { vm: id, generation, boots, definition, address, identity }
}
