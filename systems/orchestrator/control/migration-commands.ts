import { decideHandOver } from '../migration/hand-over.js'
import type { ClusterState } from './cluster-state.js'
import { type AgentCommand, type ClientCommand, type CommandResult, done, type LeaderCommand, refused } from './commands.js'
import { claimObstacle } from './placement.js'
import type { VmRecord } from './records.js'

export function migrate(state: ClusterState, { name, target }: Extract<ClientCommand, { kind: 'migrate' }>): CommandResult {
  const vm = state.vmNamed(name)
  if (vm === undefined) return refused('no-such-vm', `no VM is called ${name}`)
  return begin(state, vm, target)
}

export function startMigration(state: ClusterState, { vm: id, generation, target }: Extract<LeaderCommand, { kind: 'start-migration' }>): CommandResult {
  const vm = state.vms.get(id)
  if (vm === undefined || vm.generation !== generation) return refused('stale', `${id} is not where it was`)
  return begin(state, vm, target)
}

/** The target is claimed beside the source until the one or the other is let go. */
function begin(state: ClusterState, vm: VmRecord, target: string): CommandResult {
  const { id, name, desired, host, observed, evicted, migration, isBecoming } = vm
  if (desired === 'deleted') return refused('being-deleted', `${name} is being deleted`)
  if (migration !== null) return refused('busy-migrating', `${name} is on its way to ${migration.target}`)
  if (desired !== 'running' || host === null || observed !== 'running' || evicted !== null) return refused('not-running', `${name} does not run`)
  if (isBecoming) return refused('not-running', `${name} has not become who it is to be`)
  if (state.hosts.get(host)?.state !== 'ready') return refused('not-running', `${host} is lost`)
  const obstacle = claimObstacle(state, target, { tenant: vm.tenant, definition: vm.definition, not: host })
  if (obstacle !== null) return refused('claim-lost', obstacle)
  state.setVm({ ...vm, migration: { id: state.takeMigration(), target, targetSession: null, phase: 'preparing' } })
  state.tell(id, `moves from ${host} to ${target}`)
  return { kind: 'ok', vm: id }
}

/** All of the memory is on the target and the source stands still: the VM is the target's from here on, or stays the source's. */
export function handOver(state: ClusterState, command: Extract<AgentCommand, { kind: 'hand-over' }>): CommandResult {
  const vm = state.vms.get(command.vm)
  if (vm === undefined) return refused('stale', `there is no ${command.vm}`)
  const target = vm.migration === null ? undefined : state.hosts.get(vm.migration.target)
  const decided = decideHandOver(vm, command, target?.state === 'ready' ? target.session : null)
  if (decided.kind === 'refused') return refused('stale', decided.why)
  const { host, session, generation } = decided.owner
  const arrival = { migration: command.migration, source: command.host, generation: command.generation }
  state.setVm({ ...vm, host, session, generation, observed: 'none', migration: null, arrival })
  state.tell(vm.id, `is handed over to ${host}`)
  return done
}

export function abortMigration(state: ClusterState, { vm: id, migration }: Extract<AgentCommand, { kind: 'abort-migration' }>): CommandResult {
  const vm = state.vms.get(id)
  if (vm === undefined || vm.migration?.id !== migration) return refused('stale', `${id} is not in migration ${migration}`)
  state.setVm({ ...vm, migration: null })
  state.tell(id, 'stays where it is')
  return done
}
