import type { HostName } from '../../../sim/host/seam.js'
import type { ClusterState } from './cluster-state.js'
import { type AgentCommand, type ClientCommand, type CommandResult, done, type LeaderCommand, type ReportedGuest, refused } from './commands.js'
import { claimObstacle } from './placement.js'
import type { HostRecord, VmRecord } from './records.js'

/** A machine's agent says who it is. A later session than before: nothing that ran in the earlier one runs any more. */
export function join(state: ClusterState, command: Extract<AgentCommand, { kind: 'join' }>): CommandResult {
  const { host, session, version, capacity, features, taints, zone, cost } = command
  const known = state.hosts.get(host)
  if (known !== undefined && session < known.session) return refused('stale', `${host} is in session ${known.session}`)
  if (known !== undefined && session === known.session && known.state !== 'ready')
    return refused('stale', `session ${session} of ${host} is ${known.state}: it needs a new one`)
  const record: HostRecord = { name: host, capacity, features, taints, zone, cost, state: 'ready', mode: known?.mode ?? 'open', session, version }
  const isNewSession = known === undefined || session > known.session
  state.setHost(record)
  if (isNewSession) {
    for (const vm of subjectsOf(state, host)) endSession(state, vm, host, session)
    state.tell(host, `joins with session ${session}`)
  }
  return done
}

/** The session of this host is over, and with it whatever of the VM was there. `next`: the session that follows it; null: none yet. */
function endSession(state: ClusterState, vm: VmRecord, host: HostName, next: number | null): void {
  if (isAtHome(vm, host)) {
    const isToGoOn = next !== null && vm.desired === 'running' && vm.evicted === null && vm.pool === null
    if (isToGoOn) state.setVm({ ...vm, session: next, generation: vm.generation + 1, observed: 'none', isBecoming: false, migration: null, arrival: null })
    else letGo(state, vm)
    return
  }
  const migration = vm.migration?.target === host ? null : vm.migration
  const arrival = vm.arrival?.source === host ? null : vm.arrival
  state.setVm({ ...vm, migration, arrival })
}

/** One that went away from there by a migration is at home elsewhere. */
function isAtHome(vm: VmRecord, host: HostName): boolean {
  return vm.host === host
}

/** It is certain that no host runs it, nor will. */
function letGo(state: ClusterState, vm: VmRecord): void {
  if (vm.desired === 'deleted' || vm.pool !== null) {
    state.removeVm(vm)
    state.tell(vm.id, 'is gone')
    return
  }
  const failedOn = vm.evicted === 'fails' && vm.host !== null ? [...vm.failedOn, vm.host].slice(-mostFailedOn) : vm.failedOn
  state.setVm({ ...vm, host: null, observed: 'stopped', evicted: null, isBecoming: false, migration: null, arrival: null, failedOn })
  state.tell(vm.id, vm.desired === 'running' ? 'waits for a host' : 'is stopped')
}

const mostFailedOn = 3

/** What an agent found, and what it did. Of what a host says only that counts which is of the placement that it was given. */
export function report(state: ClusterState, command: Extract<AgentCommand, { kind: 'report' }>): CommandResult {
  const { host, session } = command
  const record = state.hosts.get(host)
  if (record === undefined || record.session !== session || record.state !== 'ready') return refused('stale', `${host} is not in session ${session}`)
  for (const guest of command.guests) observe(state, host, session, guest)
  for (const { vm: id, migration } of command.prepared) {
    const vm = state.vms.get(id)
    if (vm?.migration?.id !== migration || vm.migration.target !== host || vm.migration.phase !== 'preparing') continue
    state.setVm({ ...vm, migration: { ...vm.migration, phase: 'copying', targetSession: session } })
  }
  for (const { vm: id, generation } of command.released) {
    const vm = state.vms.get(id)
    if (vm === undefined) continue
    if (vm.arrival?.source === host && generation >= vm.arrival.generation && vm.host !== host) state.setVm({ ...vm, arrival: null })
    else if (vm.host === host && vm.session === session && generation >= vm.generation) letGo(state, vm)
  }
  return done
}

function observe(state: ClusterState, host: HostName, session: number, guest: ReportedGuest): void {
  const vm = state.vms.get(guest.vm)
  if (vm === undefined) return
  const isOwner = vm.host === host && vm.session === session && vm.generation === guest.generation
  if (!isOwner) return
  const evicted = guest.isGivenUp === true && vm.evicted === null && vm.desired === 'running' ? 'fails' : vm.evicted
  const isBecoming = vm.isBecoming && guest.generationId !== vm.identity.generationId
  if (vm.observed === guest.phase && evicted === vm.evicted && isBecoming === vm.isBecoming) return
  state.setVm({ ...vm, host, session, observed: guest.phase, evicted, isBecoming })
  state.tell(vm.id, `is ${guest.phase} on ${host}`)
}

export function setMode(state: ClusterState, { host, mode }: Extract<ClientCommand, { kind: 'set-mode' }>): CommandResult {
  const record = state.hosts.get(host)
  if (record === undefined) return refused('no-such-host', `there is no host ${host}`)
  if (record.mode !== mode) {
    state.setHost({ ...record, mode })
    state.tell(host, `is ${mode}`)
  }
  return done
}

/** The host is silent: it takes no more, and whoever wants its VMs elsewhere has to fence it first. */
export function hostLost(state: ClusterState, { host, session }: Extract<LeaderCommand, { kind: 'host-lost' }>): CommandResult {
  const record = state.hosts.get(host)
  if (record === undefined || record.session !== session || record.state !== 'ready') return refused('stale', `${host} is not in session ${session}`)
  state.setHost({ ...record, state: 'lost' })
  for (const vm of vmsOf(state, host)) if (vm.host !== host && vm.migration?.target === host) state.setVm({ ...vm, migration: null })
  state.tell(host, 'is lost')
  return done
}

/** It is certain that nothing of the session runs or writes any more. */
export function hostFenced(state: ClusterState, { host, session }: Extract<LeaderCommand, { kind: 'host-fenced' }>): CommandResult {
  const record = state.hosts.get(host)
  if (record === undefined || record.session !== session || record.state !== 'lost') return refused('stale', `${host} is not lost in session ${session}`)
  state.setHost({ ...record, state: 'fenced' })
  for (const vm of subjectsOf(state, host)) endSession(state, vm, host, null)
  state.tell(host, 'is fenced')
  return done
}

/** Gives a VM without a host to one, in a new generation. */
export function placeVm(state: ClusterState, { vm: id, generation, host }: Extract<LeaderCommand, { kind: 'place' }>): CommandResult {
  const vm = state.vms.get(id)
  if (vm === undefined || vm.host !== null || vm.generation !== generation || vm.desired !== 'running') return refused('stale', `${id} needs no host`)
  const obstacle = claimObstacle(state, host, vm)
  if (obstacle !== null) return refused('claim-lost', obstacle)
  const session = state.hosts.get(host)?.session ?? 0
  state.setVm({ ...vm, host, session, generation: generation + 1, observed: 'none', evicted: null })
  state.tell(id, `is placed on ${host}`)
  return done
}

/** Asks the host to give the VM up. */
export function evict(state: ClusterState, { vm: id, generation, why }: Extract<LeaderCommand, { kind: 'evict' }>): CommandResult {
  const vm = state.vms.get(id)
  if (vm === undefined || vm.host === null || vm.generation !== generation || vm.evicted !== null) return refused('stale', `${id} is not there any more`)
  state.setVm({ ...vm, evicted: why, migration: null })
  state.tell(id, `has to leave ${vm.host}: ${why}`)
  return done
}

/** VMs that are on a host or on their way to it, oldest first. */
export function vmsOf(state: ClusterState, host: HostName): VmRecord[] {
  return [...state.usage(host).vms].map((id) => state.vms.get(id) as VmRecord).sort((a, b) => a.serial - b.serial)
}

/** Those, and VMs that went away from there and of which something may be left, oldest first. */
function subjectsOf(state: ClusterState, host: HostName): VmRecord[] {
  const { vms, departed } = state.usage(host)
  return [...new Set([...vms, ...departed])].map((id) => state.vms.get(id) as VmRecord).sort((a, b) => a.serial - b.serial)
}
