import { type ClusterFacts, ClusterState } from '../../../systems/orchestrator/control/cluster-state.js'
import type { Command, CommandResult, Envelope } from '../../../systems/orchestrator/control/commands.js'
import type { HostRecord, VmRecord } from '../../../systems/orchestrator/control/records.js'
import { definitionDefaults, type VmDefinition } from '../../../systems/orchestrator/definition.js'

/** What the control plane has agreed on, as plain data: all of it that decides anything. What only tells what happened before is left out. */
export type Facts = ClusterFacts

/** The control plane's own state in a model: it decides as the replicas do, by the same code. */
export function knownFrom(facts: Facts): ClusterState {
  const cluster = new ClusterState()
  cluster.adopt(facts)
  return cluster
}

/** Does a committed command to the facts, in place. */
export function performOn(facts: Facts, envelope: Envelope): CommandResult {
  const cluster = knownFrom(facts)
  const result = cluster.perform(envelope)
  Object.assign(facts, factsOf(cluster))
  return result
}

export function factsOf(cluster: ClusterState): Facts {
  const facts = cluster.facts()
  // Which was answered first decides only which is forgotten first, of ten thousand.
  const answered = [...facts.answered].sort(([one], [other]) => (one < other ? -1 : 1))
  return { ...facts, answered, digest: 0, revision: 0, events: [] }
}

/** After these commands, none of which may be refused. */
export function factsAfter(commands: readonly Command[]): Facts {
  const cluster = new ClusterState()
  for (const command of commands) {
    const result = cluster.perform({ key: null, command })
    if (result.kind === 'refused') throw new Error(`the model's first state cannot be made: ${result.detail}`)
  }
  return factsOf(cluster)
}

export const tenant = 'acme'
export const smallVm: VmDefinition = { ...definitionDefaults, vcpus: 1, memoryMib: 1, volumes: [], security: [] }
export const hostNamed = (number: number): string => `machine-${number}`

export const joined = (host: string, session: number, vcpus: number): Command => ({
  kind: 'join',
  host,
  session,
  version: 1,
  capacity: { vcpus, memoryMib: 100, diskMib: 0 },
  features: [],
  taints: [],
  zone: 'a',
  cost: 0,
})

export const quotaForAll: Command = { kind: 'set-tenant', tenant, quota: { vms: 9, vcpus: 99, memoryMib: 999 } }

export const identity = (generationId: string) => ({ machineId: generationId, randomSeed: 0, generationId })

export const vmOf = ({ vms }: Facts, id: string): VmRecord | undefined => vms.find((vm) => vm.id === id)
export const hostOf = ({ hosts }: Facts, name: string): HostRecord | undefined => hosts.find((host) => host.name === name)
