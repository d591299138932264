import type { HostName } from '../../../sim/host/seam.js'
import type { GuestSpec } from '../hypervisor/hypervisor.js'
import type { ClusterState } from './cluster-state.js'
import type { Assignment } from './control-api.js'
import { vmsOf } from './host-commands.js'
import type { VmRecord } from './records.js'

/** What the machine of a host has to do, oldest VM first. */
export function assignmentsOf(state: ClusterState, host: HostName): Assignment[] {
  const here = vmsOf(state, host).map((vm): Assignment => {
    const role = vm.host !== host ? 'incoming' : vm.desired === 'running' && vm.evicted === null ? 'run' : 'stop'
    // A guest that comes will be of the generation that a hand-over would make.
    const generation = role === 'incoming' ? vm.generation + 1 : vm.generation
    return { vm: vm.id, generation, role, spec: specOf(state, vm, generation), migration: vm.migration }
  })
  const left = [...state.usage(host).departed].sort(byNumber).flatMap((id): Assignment[] => {
    const vm = state.vms.get(id)
    // It may be on its way back.
    if (vm?.arrival == null || vm.host === host || vm.migration?.target === host) return []
    const { generation } = vm.arrival
    return [{ vm: id, generation, role: 'stop', spec: specOf(state, vm, generation), migration: null }]
  })
  return [...here, ...left]
}

const byNumber = (one: string, other: string): number => Number(one.slice(3)) - Number(other.slice(3))

function specOf(state: ClusterState, { id, boots, definition, address, identity, pool }: VmRecord, generation: number): GuestSpec {
  const snapshotOf = pool !== null && state.pools.get(pool)?.source === 'snapshot' ? pool : null
  return { vm: id, generation, boots, definition, address, identity, snapshotOf }
}
