import type { VmDefinition } from '../definition.js'
import { addressOf } from '../network/addresses.js'
import type { ClusterState } from './cluster-state.js'
import { type ClientCommand, type CommandResult, done, refused } from './commands.js'
import { claimObstacle } from './placement.js'
import { claimWarm } from './pool-commands.js'
import type { Quota, VmRecord } from './records.js'

export function setTenant(state: ClusterState, { tenant, quota }: Of<'set-tenant'>): CommandResult {
  const known = state.tenants.get(tenant)
  const used = state.tenantUsage(tenant)
  if (used.vms > quota.vms || used.vcpus > quota.vcpus || used.memoryMib > quota.memoryMib)
    return refused('over-quota', `${tenant} uses more already: ${used.vms} VMs, ${used.vcpus} CPUs, ${used.memoryMib} MiB`)
  if (known === undefined && state.tenants.size >= mostTenants) return refused('too-many', `there are ${mostTenants} tenants`)
  state.tenants.set(tenant, { name: tenant, segment: known?.segment ?? state.tenants.size, quota })
  return done
}

/** Of segments there are as many as second bytes of 10.0.0.0/8. */
const mostTenants = 256

export function create(state: ClusterState, command: Of<'create'>): CommandResult {
  const { name, tenant, definition, claim, identity } = command
  const owner = state.tenants.get(tenant)
  if (owner === undefined) return refused('no-such-tenant', `there is no tenant ${tenant}`)
  if (state.vmNamed(name) !== undefined) return refused('name-in-use', `a VM is called ${name}, or not yet gone`)
  if (command.pool !== undefined) {
    const claimed = claimWarm(state, command, command.pool)
    if (claimed !== null) return claimed
  }
  const lacking = quotaObstacle(state, tenant, owner.quota, definition.vcpus, definition.memoryMib, 1)
  if (lacking !== null) return refused('over-quota', lacking)
  if (claim !== null) {
    const obstacle = claimObstacle(state, claim, { tenant, definition })
    if (obstacle !== null) return refused('claim-lost', obstacle)
  }
  const index = state.takeAddress(tenant)
  if (index === null) return refused('no-address', `${tenant} has no address left`)
  const serial = state.takeSerial()
  const record: VmRecord = {
    ...unplaced(serial, definition),
    name,
    tenant,
    address: addressOf(owner.segment, index, serial),
    identity,
    ...(claim === null ? {} : { host: claim, generation: 1, session: state.hosts.get(claim)?.session ?? 0 }),
  }
  state.setVm(record)
  state.tell(record.id, claim === null ? 'created, and waits for a host' : `created on ${claim}`)
  return { kind: 'ok', vm: record.id }
}

/** What all new records have in common. */
export function unplaced(serial: number, definition: VmDefinition): Omit<VmRecord, 'name' | 'tenant' | 'address' | 'identity'> {
  return {
    id: `vm-${serial}`,
    serial,
    definition,
    desired: 'running',
    generation: 0,
    host: null,
    session: 0,
    observed: 'none',
    evicted: null,
    migration: null,
    arrival: null,
    boots: 1,
    pool: null,
    isBecoming: false,
    failedOn: [],
  }
}

/** What of a tenant's quota does not allow so much more; null: it does. */
export function quotaObstacle(state: ClusterState, tenant: string, quota: Quota, vcpus: number, memoryMib: number, vms: number): string | null {
  const used = state.tenantUsage(tenant)
  if (used.vms + vms > quota.vms) return `${tenant} may have ${quota.vms} VMs`
  if (used.vcpus + vcpus > quota.vcpus) return `${tenant} may have ${quota.vcpus} CPUs`
  if (used.memoryMib + memoryMib > quota.memoryMib) return `${tenant} may have ${quota.memoryMib} MiB of memory`
  return null
}

export function start(state: ClusterState, name: string): CommandResult {
  return change(state, name, (vm) => (vm.desired === 'running' ? vm : { ...vm, desired: 'running', failedOn: [] }), 'is to run')
}

export function stop(state: ClusterState, name: string): CommandResult {
  return change(state, name, (vm) => (vm.desired === 'stopped' ? vm : { ...vm, desired: 'stopped', migration: null }), 'is to stop')
}

/** Boots it anew where it is. */
export function restart(state: ClusterState, name: string): CommandResult {
  const vm = state.vmNamed(name)
  if (vm !== undefined && vm.desired === 'stopped') return refused('not-running', `${name} is not to run`)
  return change(state, name, (before) => ({ ...before, boots: before.boots + 1, migration: null }), 'is booted anew')
}

export function remove(state: ClusterState, name: string): CommandResult {
  const vm = state.vmNamed(name)
  if (vm === undefined) return refused('no-such-vm', `no VM is called ${name}`)
  state.tell(vm.id, 'is to be deleted')
  // Its name and its address are somebody's until the host has confirmed that nothing of it is left.
  if (vm.host === null) state.removeVm(vm)
  else state.setVm({ ...vm, desired: 'deleted', migration: null })
  return { kind: 'ok', vm: vm.id }
}

/** What it takes changes at once; the guest sees it after a boot, which is asked for. */
export function resize(state: ClusterState, { name, vcpus, memoryMib }: Of<'resize'>): CommandResult {
  const vm = state.vmNamed(name)
  if (vm === undefined) return refused('no-such-vm', `no VM is called ${name}`)
  if (vm.desired === 'deleted') return refused('being-deleted', `${name} is being deleted`)
  if (vm.migration !== null) return refused('busy-migrating', `${name} is being migrated`)
  const quota = state.tenants.get(vm.tenant)?.quota
  const more = { vcpus: vcpus - vm.definition.vcpus, memoryMib: memoryMib - vm.definition.memoryMib }
  const lacking = quota === undefined ? null : quotaObstacle(state, vm.tenant, quota, more.vcpus, more.memoryMib, 0)
  if (lacking !== null) return refused('over-quota', lacking)
  if (vm.host !== null) {
    const { capacity } = state.hosts.get(vm.host) ?? { capacity: { vcpus: 0, memoryMib: 0, diskMib: 0 } }
    const usage = state.usage(vm.host)
    if (usage.vcpus + more.vcpus > capacity.vcpus || usage.memoryMib + more.memoryMib > capacity.memoryMib)
      return refused('claim-lost', `${vm.host} has no room for it: migrate it first`)
  }
  state.setVm({ ...vm, definition: { ...vm.definition, vcpus, memoryMib }, boots: vm.boots + 1 })
  state.tell(vm.id, `is resized to ${vcpus} CPUs and ${memoryMib} MiB`)
  return { kind: 'ok', vm: vm.id }
}

function change(state: ClusterState, name: string, to: (vm: VmRecord) => VmRecord, what: string): CommandResult {
  const vm = state.vmNamed(name)
  if (vm === undefined) return refused('no-such-vm', `no VM is called ${name}`)
  if (vm.desired === 'deleted') return refused('being-deleted', `${name} is being deleted`)
  const changed = to(vm)
  if (changed !== vm) {
    state.setVm(changed)
    state.tell(vm.id, what)
  }
  return { kind: 'ok', vm: vm.id }
}

type Of<K extends ClientCommand['kind']> = Extract<ClientCommand, { kind: K }>
