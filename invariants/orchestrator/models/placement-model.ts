import type { Effect, Machine, MachineEvent } from '../../../sim/check/machine.js'
import { type MachineAction, type MachineProperty, type MachineView, machineModel } from '../../../sim/check/machine-model.js'
import type { MachineHarness, MachineInvariants, MachineNode, MachineStep } from '../../../sim/check/machine-node.js'
import type { SpaceModel } from '../../../sim/check/model.js'
import { type OrderEvent, type OrderMessage, type OrderState, orderMachine, replicatedNode } from '../../../systems/orchestrator/claims/order-machine.js'
import type { Command, CommandResult } from '../../../systems/orchestrator/control/commands.js'
import { resourcesOf, type VmDefinition } from '../../../systems/orchestrator/definition.js'
import { type Facts, factsAfter, hostNamed, identity, joined, performOn, quotaForAll, smallVm, tenant, vmOf } from './replicated.js'

/** What is agreed on. */
interface Control {
  readonly role: 'control'
  readonly facts: Facts
}

/** An order for one VM, at whichever replica leads; its client asks again with the same key where it hears nothing. */
interface Order {
  readonly role: 'order'
  readonly number: number
  readonly isLarge: boolean
  order: OrderState
}

type State = Control | Order
/** Where VMs were before the step, by their ids. */
type Memory = { hosts: Record<string, string> }
type Message =
  | { readonly kind: 'propose'; readonly key: string | null; readonly command: Command }
  | { readonly kind: 'result'; readonly result: CommandResult }
/** `decide`: the leader proposes a command by what it knows now. `happen`: an agent says what is so, or a client asks for what needs no place. */
type Input = { readonly kind: 'begin' | 'ask-again' } | { readonly kind: 'decide' | 'happen'; readonly command: Command }
type Node = MachineNode<State, Message, null, Input, never>
type Step = MachineStep<State, Message, null, Input, never, OrderEvent>
type StepEffect = Effect<Message, null, never, OrderEvent>

export interface PlacementBounds {
  /** Orders of VMs that must not be on one host, and of VMs as large as a host. */
  readonly apart: number
  readonly large: number
  /** Of the world: decisions of the leader, deletions, confirmations, orders that are asked for again. */
  readonly inputs: number
  /** Proposals and answers that are heard twice. */
  readonly duplicates: number
}

const hosts = [hostNamed(1), hostNamed(2)]
const capacity = 2
const alone: VmDefinition = { ...smallVm, affinity: [{ group: 'quorum', kind: 'apart', strength: 'hard' }] }
const whole: VmDefinition = { ...smallVm, vcpus: capacity }
const mostClaims = 2
const nameOf = (order: number): string => `web-${order}`

/**
 * Claims of places: orders that chose by what was known then, the leader that places what has no host and moves what has one, and the replicated state that has the
 * last word, by the code of the replicas. Any host may be chosen at any time, however stale what the chooser knew; proposals overtake each other, are lost and are
 * committed twice. Hosts are never given more than they have, nor two that must be apart; and what was answered is so.
 */
export function placementModel({
  apart,
  large,
  inputs,
  duplicates,
}: PlacementBounds): SpaceModel<MachineView<Memory, State, Message, null, Input, never>, MachineAction<Message, Input>> {
  const orders = apart + large
  const harness: MachineHarness<State, Message, null, Input, never, OrderEvent> = {
    machine: machineOf(apart),
    offers: (state, ordinal) => (state.role === 'order' && state.order.phase === 'new' ? [{ kind: 'begin' }] : ordinal < inputs + orders ? offers(state) : []),
  }
  return machineModel<Memory, State, Message, null, Input, never, OrderEvent>(harness, invariants, {
    nodes: 1 + orders,
    network: 'unordered',
    duplicates,
    properties: whatMayHappen(orders),
    describeMessage: (message) =>
      message.kind === 'propose' ? told(message.command) : `answer: ${message.result.kind === 'ok' ? 'done' : message.result.why}`,
  })
}

/** What the orders of the bounds can come to: one alone loses no claim. */
function whatMayHappen(orders: number): readonly MachineProperty<Memory, State, Message, null, Input, never>[] {
  const moved: MachineProperty<Memory, State, Message, null, Input, never> = {
    name: 'a VM is claimed twice while it moves',
    kind: 'sometimes',
    of: 'system',
    holds: ({ nodes }) => factsIn(nodes).vms.some(({ migration }) => migration !== null),
  }
  const late: MachineProperty<Memory, State, Message, null, Input, never> = {
    name: 'a claim comes too late',
    kind: 'sometimes',
    of: 'system',
    holds: ({ nodes }) => nodes.some(({ state }) => state?.role === 'order' && state.order.claims > 1),
  }
  const housed: MachineProperty<Memory, State, Message, null, Input, never> = {
    name: 'all have a host',
    kind: 'sometimes',
    of: 'system',
    holds: ({ nodes }) => factsIn(nodes).vms.length === Math.min(orders, 2) && factsIn(nodes).vms.every(({ host }) => host !== null),
  }
  return orders === 0 ? [housed] : orders === 1 ? [housed, moved] : [housed, late, moved]
}

const told = (command: Command): string => {
  const { kind, name, vm, claim, host, target } = command as { kind: string; name?: string; vm?: string; claim?: string | null; host?: string; target?: string }
  const where = claim ?? host ?? target
  return `${kind} ${name ?? vm ?? ''}${where === undefined ? '' : ` on ${where}`}`
}

const claims = orderMachine(mostClaims)

const machineOf = (apart: number): Machine<State, Message, null, Input, never, OrderEvent> => ({
  boot: ({ id }) => {
    if (id === replicatedNode)
      return { state: { role: 'control', facts: factsAfter([quotaForAll, ...hosts.map((host) => joined(host, 1, capacity))]) }, effects: [] }
    return { state: { role: 'order', number: id, isLarge: id > apart, order: claims.boot({ id, peers: [] }, null).state }, effects: [] }
  },
  step: (state, event) => (state.role === 'control' ? decide(state, event) : order(state, event)),
  persist: () => null,
})

function decide({ facts }: Control, event: MachineEvent<Message, Input>): StepEffect[] {
  if (event.kind === 'message' && event.message.kind === 'propose') {
    const result = performOn(facts, event.message)
    // What the leader decides is looked at again, whatever came of it.
    if (event.from === replicatedNode) return []
    return [{ kind: 'send', to: event.from, message: { kind: 'result', result: result.kind === 'ok' ? result : { ...result, detail: '' } } }]
  }
  if (event.kind !== 'input') return []
  if (event.input.kind === 'happen') performOn(facts, { key: null, command: event.input.command })
  if (event.input.kind === 'decide') return [{ kind: 'send', to: replicatedNode, message: { kind: 'propose', key: null, command: event.input.command } }]
  return []
}

function order(state: Order, event: MachineEvent<Message, Input>): StepEffect[] {
  const { number } = state
  if (event.kind === 'input' && event.input.kind === 'ask-again') state.order = claims.boot({ id: number, peers: [] }, null).state
  if (event.kind === 'input') return around(state, claims.step(state.order, { kind: 'input', input: { kind: 'begin' } }))
  if (event.kind === 'message' && event.message.kind === 'result')
    return around(state, claims.step(state.order, { kind: 'message', from: event.from, message: event.message }))
  if (event.kind !== 'chosen') return []
  const claim = hosts[event.value] ?? null
  const name = nameOf(number)
  const definition = state.isLarge ? whole : alone
  const command: Command = { kind: 'create', name, tenant, definition, claim, identity: identity(name) }
  return around(state, claims.step(state.order, { kind: 'input', input: { kind: 'chosen', command } }))
}

/** What the process around an order does: it looks for a place, any there is or none, and proposes. */
function around({ number }: Order, effects: readonly Effect<OrderMessage, null, never, OrderEvent>[]): StepEffect[] {
  return effects.map((effect): StepEffect => {
    if (effect.kind === 'emit' && effect.event.kind === 'choose') return { kind: 'choose', key: 'place', options: hosts.length + 1 }
    if (effect.kind === 'send' && effect.message.kind === 'propose') return { ...effect, message: { ...effect.message, key: nameOf(number) } }
    return effect as StepEffect
  })
}

function offers(state: State): Input[] {
  if (state.role === 'order') return state.order.phase === 'proposed' ? [{ kind: 'ask-again' }] : []
  return state.facts.vms.flatMap(({ id, name, host, generation, session, desired, migration, observed }): Input[] => {
    if (host === null) return hosts.map((to) => ({ kind: 'decide', command: { kind: 'place', vm: id, generation, host: to } }))
    if (desired === 'deleted') {
      const released = [{ vm: id, generation }]
      return [{ kind: 'happen', command: { kind: 'report', host, session, guests: [], released, prepared: [] } }]
    }
    const remove: Input = { kind: 'happen', command: { kind: 'delete', name } }
    if (migration !== null) return [remove, { kind: 'happen', command: { kind: 'abort-migration', vm: id, migration: migration.id, why: '' } }]
    if (observed !== 'running') {
      const guests = [{ vm: id, generation, phase: 'running' as const }]
      return [remove, { kind: 'happen', command: { kind: 'report', host, session, guests, released: [], prepared: [] } }]
    }
    return hosts.filter((target) => target !== host).map((target) => ({ kind: 'decide', command: { kind: 'start-migration', vm: id, generation, target } }))
  })
}

// ---------------------------------------------------------------- what must hold

const factsIn = (nodes: readonly Node[]): Facts => ((nodes[replicatedNode] as Node).state as Control).facts

const invariants: MachineInvariants<Memory, State, Message, null, Input, never, OrderEvent> = {
  begin: () => ({ hosts: {} }),
  checks: [
    {
      name: 'LetGoFirst',
      check: (memory, { node }: Step) => {
        if (node.state.role !== 'control') return undefined
        const before = memory.hosts
        memory.hosts = {}
        for (const { id, host } of node.state.facts.vms) {
          if (host === null) continue
          const was = before[id]
          if (was !== undefined && was !== host) return `${id} is on ${host}, and ${was} has not let it go`
          memory.hosts[id] = host
        }
        return undefined
      },
    },
    {
      name: 'Capacity',
      check: (_, { node }: Step) => {
        if (node.state.role !== 'control') return undefined
        const { vms } = node.state.facts
        for (const host of hosts) {
          const here = vms.filter((vm) => vm.host === host || vm.migration?.target === host)
          const claimed = here.reduce((sum, { definition }) => sum + resourcesOf(definition).vcpus, 0)
          if (claimed > capacity) return `of ${host}, which has ${capacity} CPUs, ${claimed} are claimed`
        }
        return undefined
      },
    },
    {
      name: 'AntiAffinity',
      check: (_, { node }: Step) => {
        if (node.state.role !== 'control') return undefined
        const { vms } = node.state.facts
        for (const host of hosts) {
          const alone = vms.filter((vm) => (vm.host === host || vm.migration?.target === host) && vm.definition.affinity.length > 0)
          if (alone.length > 1) return `${alone.map(({ name }) => name).join(' and ')} are both on ${host}`
        }
        return undefined
      },
    },
    {
      name: 'AnswerIsSo',
      check: (_, { node, nodes, emitted }: Step) => {
        if (node.state.role !== 'order') return undefined
        for (const event of emitted) {
          if (event.kind !== 'answer') continue
          const { result } = event
          if (result.kind === 'ok') {
            const facts = factsIn(nodes)
            const vm = vmOf(facts, result.vm ?? '')
            // Its name is used again by nobody here.
            if (vm !== undefined && vm.name !== nameOf(node.state.number)) return `${result.vm} is ${vm.name}`
          } else if (result.why !== 'claim-lost') return `${nameOf(node.state.number)} is refused: ${result.why}`
        }
        return undefined
      },
    },
  ],
}
