import type { World } from '../../sim/index.js'
import type { ClusterState } from '../../systems/orchestrator/control/cluster-state.js'
import type { VmRecord } from '../../systems/orchestrator/control/records.js'
import type { VmRoles } from './observer.js'

/** What the control plane knows, by the replica that leads in the latest term; undefined: none does. */
export function leadingState(world: World<VmRoles>): ClusterState | undefined {
  const up = world.hosts.control.flatMap(({ process }) => process ?? [])
  const latest = Math.max(0, ...up.map(({ node }) => node.term))
  return up.find(({ node }) => node.isLeader && node.term === latest)?.state
}

/** Every VM is what its owner wants, on the machine that the record names, and nothing is on its way. */
export function isSettled(world: World<VmRoles>): boolean {
  const state = leadingState(world)
  return state !== undefined && unsettled(world, state) === null
}

/** The first thing that is not so, in words; null: all is. A VM for which there is no room anywhere waits rightly. */
export function unsettled(world: World<VmRoles>, state: ClusterState): string | null {
  for (const host of state.hosts.values()) if (host.state === 'lost') return `${host.name} is lost, and not fenced`
  for (const vm of state.vms.values()) {
    const wrong = wrongWith(world, state, vm)
    if (wrong !== null) return `${vm.name} (${vm.id}) ${wrong}`
  }
  return null
}

function wrongWith(world: World<VmRoles>, state: ClusterState, vm: VmRecord): string | null {
  if (vm.migration !== null) return 'is being migrated'
  if (vm.evicted !== null) return 'is to leave its host'
  if (vm.desired === 'deleted') return 'is being deleted'
  if (vm.desired === 'stopped') return vm.host === null ? null : `is to stop, and ${vm.host} has it`
  if (vm.host === null) return hasRoomSomewhere(state, vm) ? 'has no host' : null
  const machine = world.hosts.machine.find(({ name }) => name === vm.host)?.process
  const guest = machine?.guests.get(vm.id)
  if (machine === undefined || guest === undefined) return `is not on ${vm.host}`
  if (guest.spec.generation !== vm.generation || guest.spec.boots !== vm.boots) return `is on ${vm.host} as it was before`
  if (!machine.isExecuting(guest)) return `does not run on ${vm.host}`
  if (vm.pool === null && guest.identity.generationId !== vm.identity.generationId) return 'has not become who it is to be'
  return vm.observed === 'running' ? null : `runs, and is known to be ${vm.observed}`
}

function hasRoomSomewhere(state: ClusterState, vm: VmRecord): boolean {
  for (const { name, capacity, state: hostState, mode } of state.hosts.values()) {
    const usage = state.usage(name)
    if (hostState !== 'ready' || mode !== 'open' || vm.definition.affinity.length > 0) continue
    if (usage.vcpus + vm.definition.vcpus <= capacity.vcpus && usage.memoryMib + vm.definition.memoryMib <= capacity.memoryMib) return true
  }
  return false
}

/** Nothing is left of what is no more: guests, units, TAPs, locks, images, claims. */
export function hasNoOrphans(world: World<VmRoles>): boolean {
  const state = leadingState(world)
  return state !== undefined && orphan(world, state) === null
}

export function orphan(world: World<VmRoles>, state: ClusterState): string | null {
  const isOn = (vm: string, host: string) => state.vms.get(vm)?.host === host || state.vms.get(vm)?.migration?.target === host
  for (const { name, process: machine } of world.hosts.machine) {
    if (machine === undefined) return `${name} is not up`
    for (const vm of machine.guests.keys()) if (!isOn(vm, name)) return `a guest of ${vm} is on ${name}`
    for (const { spec } of machine.units.all()) if (!isOn(spec.vm, name)) return `a unit of ${spec.vm} is on ${name}`
    for (const { vm } of machine.bridge.taps.values()) if (!machine.guests.has(vm)) return `an interface of ${vm} is on ${name}`
  }
  const storage = world.hosts.storage[0]?.process?.state
  if (storage === undefined) return 'the storage is not up'
  for (const { name, lock } of storage.images.values()) {
    if (!state.vms.has(name)) return `the image of ${name} is left`
    if (lock === null || storage.stateOf(lock.client) !== 'open') continue
    if (!isOn(name, lock.client.machine)) return `${lock.client.machine} holds the lock of ${name}`
  }
  return null
}
