import type { HostName } from '../../../sim/host/seam.js'
import { resourcesOf } from '../definition.js'
import type { ClusterState } from './cluster-state.js'
import type { VmRecord } from './records.js'

/**
 * Whom to ask to leave, so that a VM of a higher priority fits somewhere: the host on which the fewest and lowest have to go, and who. Null: nobody's leaving
 * would help. VMs that are on their way elsewhere anyway are left alone.
 */
export function victimsFor(state: ClusterState, wanted: VmRecord): { readonly host: HostName; readonly victims: readonly VmRecord[] } | null {
  const needed = resourcesOf(wanted.definition)
  let best: { host: HostName; victims: VmRecord[]; cost: number } | null = null
  for (const host of state.hosts.values()) {
    if (host.state !== 'ready' || host.mode !== 'open') continue
    if (wanted.definition.features.some((feature) => !host.features.includes(feature))) continue
    if (host.taints.some((taint) => !wanted.definition.tolerates.includes(taint))) continue
    const usage = state.usage(host.name)
    const lower = [...usage.vms]
      .map((id) => state.vms.get(id) as VmRecord)
      .filter((vm) => vm.host === host.name && vm.migration === null && vm.evicted === null && vm.definition.priority < wanted.definition.priority)
      .sort((a, b) => a.definition.priority - b.definition.priority || b.serial - a.serial)
    let vcpus = host.capacity.vcpus - usage.vcpus - needed.vcpus
    let memoryMib = host.capacity.memoryMib - usage.memoryMib - needed.memoryMib
    let diskMib = host.capacity.diskMib - usage.diskMib - needed.diskMib
    const victims: VmRecord[] = []
    let cost = 0
    for (const vm of lower) {
      if (vcpus >= 0 && memoryMib >= 0 && diskMib >= 0) break
      const freed = resourcesOf(vm.definition)
      vcpus += freed.vcpus
      memoryMib += freed.memoryMib
      diskMib += freed.diskMib
      victims.push(vm)
      cost += 1 + vm.definition.priority
    }
    if (victims.length === 0 || vcpus < 0 || memoryMib < 0 || diskMib < 0) continue
    if (best === null || cost < best.cost || (cost === best.cost && host.name < best.host)) best = { host: host.name, victims, cost }
  }
  return best
}
