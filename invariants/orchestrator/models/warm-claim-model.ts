import type { Effect, Machine, MachineEvent } from '../../../sim/check/machine.js'
import { type MachineAction, type MachineView, machineModel } from '../../../sim/check/machine-model.js'
import type { MachineHarness, MachineInvariants, MachineNode, MachineStep } from '../../../sim/check/machine-node.js'
import type { SpaceModel } from '../../../sim/check/model.js'
import { deedsFor } from '../../../systems/orchestrator/agent/deeds.js'
import { reportOf } from '../../../systems/orchestrator/agent/report.js'
import { becomingMachine } from '../../../systems/orchestrator/claims/becoming.js'
import { type ClaimWatchState, claimWatchMachine } from '../../../systems/orchestrator/claims/claim-watch.js'
import { type OrderEvent, type OrderMessage, type OrderState, orderMachine, replicatedNode } from '../../../systems/orchestrator/claims/order-machine.js'
import { assignmentsOf } from '../../../systems/orchestrator/control/assignments.js'
import type { Command, CommandResult } from '../../../systems/orchestrator/control/commands.js'
import type { Assignment } from '../../../systems/orchestrator/control/control-api.js'
import { becomingOf } from '../../../systems/orchestrator/control/pool-commands.js'
import type { GuestSpec, GuestView } from '../../../systems/orchestrator/hypervisor/hypervisor.js'
import { type Facts, factsAfter, hostNamed, hostOf, identity, joined, knownFrom, performOn, quotaForAll, smallVm, tenant, vmOf } from './replicated.js'

/** What is agreed on, and what the leader has seen of claims. */
interface Control {
  readonly role: 'control'
  readonly facts: Facts
  readonly watch: ClaimWatchState
}

/** An order for a warm VM; its client asks again with the same key where it hears nothing. */
interface Order {
  readonly role: 'order'
  readonly name: string
  order: OrderState
  /** Times that it was asked. */
  asked: number
}

interface Guest {
  spec: GuestSpec
  generationId: string
  /** Times that it was told who it is. */
  became: number
}

/** A machine and its agent, in one session. */
interface Party {
  readonly role: 'host'
  readonly name: string
  session: number
  guests: Guest[]
  refusedBelow: Record<string, number>
}

type State = Control | Order | Party
type Message =
  | { readonly kind: 'propose'; readonly key: string | null; readonly command: Command }
  | { readonly kind: 'result'; readonly result: CommandResult }
  | { readonly kind: 'assigned'; readonly session: number; readonly assignments: readonly Assignment[] }
type Input =
  | { readonly kind: 'begin' | 'ask-again' | 'power-cycle' }
  /** The leader looks at claims. All of them have lasted too long: how long they last is a matter of time, which may be any. */
  | { readonly kind: 'watch' }
  | { readonly kind: 'tell'; readonly host: number }
  | { readonly kind: 'decide'; readonly command: Command }
type Memory = { answered: Record<string, string> }
type Node = MachineNode<State, Message, null, Input, never>
type Step = MachineStep<State, Message, null, Input, never, OrderEvent>
type StepEffect = Effect<Message, null, never, OrderEvent>

export interface WarmClaimBounds {
  /** Clients that want one, 1 or 2. */
  readonly orders: number
  /** VMs that are warm, 1 or 2. */
  readonly warm: number
  /** Of the world: assignments that are told, claims that lapse, places that are chosen, machines that begin anew, orders that are asked for again. */
  readonly inputs: number
  readonly duplicates: number
}

const pool = 'jobs'
const hosts = [hostNamed(1), hostNamed(2)]

/**
 * Claims on warm VMs, from the order to the guest that has become somebody, by the Machines and the replicated state that the processes drive: two that want the
 * same, claims that lapse while the guest is being told, machines that begin anew, orders that are asked for again. Every VM is one order's, every guest becomes
 * somebody once, and runs for somebody only where its VM is.
 */
export function warmClaimModel({
  orders,
  warm,
  inputs,
  duplicates,
}: WarmClaimBounds): SpaceModel<MachineView<Memory, State, Message, null, Input, never>, MachineAction<Message, Input>> {
  const harness: MachineHarness<State, Message, null, Input, never, OrderEvent> = {
    machine: machineFrom(firstFacts(warm), orders),
    offers: (state, ordinal) => {
      if (state.role === 'order' && state.order.phase === 'new') return [{ kind: 'begin' }]
      return ordinal < inputs + orders ? offers(state) : []
    },
  }
  return machineModel<Memory, State, Message, null, Input, never, OrderEvent>(harness, invariants, {
    nodes: 1 + orders + hosts.length,
    network: 'unordered',
    duplicates,
    properties: [
      { name: 'a warm guest becomes somebody', kind: 'sometimes', of: 'system', holds: (view) => guestsIn(view.nodes).some(({ guest }) => guest.became > 0) },
      {
        name: 'a claim lapses',
        kind: 'sometimes',
        of: 'system',
        holds: ({ nodes }) => factsIn(nodes).vms.some(({ evicted, isBecoming }) => evicted === 'fails' && isBecoming),
      },
      {
        name: 'an order finds none ready',
        kind: 'sometimes',
        of: 'system',
        holds: ({ nodes }) => factsIn(nodes).vms.some(({ name, generation }) => name.startsWith('job') && generation === 0),
      },
    ],
    describeMessage,
  })
}

function describeMessage(message: Message): string {
  switch (message.kind) {
    case 'propose': {
      const { kind, name, vm } = message.command as { kind: string; name?: string; vm?: string }
      return [kind, name ?? vm].filter((word) => word !== undefined).join(' ')
    }
    case 'result':
      return `answer: ${message.result.kind === 'ok' ? message.result.vm : message.result.why}`
    case 'assigned':
      return `assigned: ${message.assignments.map(({ vm, generation, role }) => `${role} ${vm}/${generation}`).join(', ') || 'nothing'}`
  }
}

/** All warm VMs are on the first machine, and run. */
function firstFacts(warm: number): Facts {
  const [first] = hosts as [string]
  const definition = smallVm
  const numbers = Array.from({ length: warm }, (_, i) => i + 1)
  return factsAfter([
    quotaForAll,
    ...hosts.map((host) => joined(host, 1, 9)),
    { kind: 'set-pool', pool, definition, least: warm, most: warm },
    ...numbers.map((number): Command => ({ kind: 'warm-up', pool, claim: first, identity: identity(`nobody-${number}`) })),
    {
      kind: 'report',
      host: first,
      session: 1,
      guests: numbers.map((number) => ({ vm: `vm-${number}`, generation: 1, phase: 'running' })),
      released: [],
      prepared: [],
    },
  ])
}

const claims = orderMachine(2)
const watch = claimWatchMachine(0)

const machineFrom = (facts: Facts, orders: number): Machine<State, Message, null, Input, never, OrderEvent> => ({
  boot: ({ id }) => {
    if (id === replicatedNode)
      return { state: { role: 'control', facts: structuredClone(facts), watch: watch.boot({ id, peers: [] }, null).state }, effects: [] }
    if (id <= orders) return { state: { role: 'order', name: `job-${id}`, order: claims.boot({ id, peers: [] }, null).state, asked: 0 }, effects: [] }
    const name = hosts[id - orders - 1] as string
    const guests = assignmentsOf(knownFrom(facts), name).map(({ spec }): Guest => ({ spec, generationId: spec.identity.generationId, became: 0 }))
    return { state: { role: 'host', name, session: 1, guests, refusedBelow: {} }, effects: [] }
  },
  step(state, event) {
    if (state.role === 'control') return decide(state, event, orders)
    return state.role === 'order' ? order(state, event) : act(state, event)
  },
  persist: () => null,
})

// ---------------------------------------------------------------- the control plane

function decide({ facts, watch: seen }: Control, event: MachineEvent<Message, Input>, orders: number): StepEffect[] {
  if (event.kind === 'message' && event.message.kind === 'propose') {
    const result = performOn(facts, event.message)
    const isOrdered = event.from !== replicatedNode && event.from <= orders
    return isOrdered ? [{ kind: 'send', to: event.from, message: { kind: 'result', result: result.kind === 'ok' ? result : { ...result, detail: '' } } }] : []
  }
  if (event.kind !== 'input') return []
  const { input } = event
  if (input.kind === 'decide') return [proposal(null, input.command)]
  if (input.kind === 'watch') {
    const looked = watch.step(seen, { kind: 'input', input: { kind: 'look', now: 0, becoming: becomingOf(facts.vms) } })
    return looked.flatMap((effect) => {
      if (effect.kind !== 'emit') return []
      const { vm, generation } = effect.event
      return [proposal(null, { kind: 'evict', vm, generation, why: 'fails' })]
    })
  }
  if (input.kind !== 'tell') return []
  const host = hosts[input.host] as string
  const assignments = assignmentsOf(knownFrom(facts), host)
  return [{ kind: 'send', to: 1 + orders + input.host, message: { kind: 'assigned', session: hostOf(facts, host)?.session ?? 0, assignments } }]
}

const proposal = (key: string | null, command: Command): StepEffect => ({ kind: 'send', to: replicatedNode, message: { kind: 'propose', key, command } })

// ---------------------------------------------------------------- an order

function order(state: Order, event: MachineEvent<Message, Input>): StepEffect[] {
  if (event.kind === 'message') {
    return event.message.kind === 'result' ? around(state, claims.step(state.order, { kind: 'message', from: event.from, message: event.message })) : []
  }
  if (event.kind !== 'input') return []
  if (event.input.kind === 'ask-again') state.order = claims.boot({ id: 1, peers: [] }, null).state
  state.asked++
  return around(state, claims.step(state.order, { kind: 'input', input: { kind: 'begin' } }))
}

/** What the process around it does; where none is warm, the VM waits for a host. */
function around(state: Order, effects: readonly Effect<OrderMessage, null, never, OrderEvent>[]): StepEffect[] {
  const { name, asked } = state
  return effects.flatMap((effect): StepEffect[] => {
    if (effect.kind === 'send' && effect.message.kind === 'propose') return [proposal(name, effect.message.command)]
    if (effect.kind !== 'emit' || effect.event.kind !== 'choose') return [effect as StepEffect]
    // Every attempt draws another.
    const drawn = identity(`${name}-${asked}`)
    const command: Command = { kind: 'create', name, tenant, definition: smallVm, claim: null, identity: drawn, pool }
    return around(state, claims.step(state.order, { kind: 'input', input: { kind: 'chosen', command } }))
  })
}

// ---------------------------------------------------------------- a machine and its agent

function act(state: Party, event: MachineEvent<Message, Input>): StepEffect[] {
  const { name } = state
  if (event.kind === 'input') {
    // Its watchdog fired, or its power was away: whatever ran has ended.
    state.session++
    state.guests = []
    state.refusedBelow = {}
    return [proposal(null, joined(name, state.session, 9))]
  }
  if (event.kind !== 'message' || event.message.kind !== 'assigned' || event.message.session !== state.session) return []
  const { assignments } = event.message
  const released: { vm: string; generation: number }[] = []
  for (const deed of deedsFor(viewOf(state), assignments)) {
    if (deed.kind === 'start') start(state, deed.spec)
    if (deed.kind === 'identify') identify(state, deed.spec)
    if (deed.kind !== 'stop') continue
    const { vm, generation } = deed
    state.refusedBelow[vm] = Math.max(generation + 1, state.refusedBelow[vm] ?? 0)
    if (state.guests.some(({ spec }) => spec.vm === vm && spec.generation > generation)) continue
    state.guests = state.guests.filter(({ spec }) => spec.vm !== vm)
    released.push({ vm, generation })
  }
  return [proposal(null, { kind: 'report', host: name, session: state.session, ...reportOf(viewOf(state), assignments, released) })]
}

const viewOf = ({ session, guests }: Party) => ({
  life: 1,
  changes: 0,
  session,
  capacity: { vcpus: 9, memoryMib: 100, diskMib: 0 },
  guests: guests.map(
    ({ spec: { vm, generation, boots }, generationId }): GuestView => ({ vm, generation, boots, state: 'running', generationId, migration: null }),
  ),
})

function start(state: Party, spec: GuestSpec): void {
  if (spec.generation < (state.refusedBelow[spec.vm] ?? 0)) return
  const known = state.guests.find((guest) => guest.spec.vm === spec.vm)
  if (known !== undefined && known.spec.generation >= spec.generation) return
  state.guests = [...state.guests.filter((guest) => guest !== known), { spec, generationId: spec.identity.generationId, became: 0 }]
}

function identify(state: Party, spec: GuestSpec): void {
  const guest = state.guests.find((one) => one.spec.vm === spec.vm)
  if (guest === undefined) return
  const before = { generation: guest.spec.generation, isRunning: true, isSomebody: guest.spec.address !== null, generationId: guest.generationId }
  const message = { kind: 'identify' as const, generation: spec.generation, generationId: spec.identity.generationId }
  for (const effect of becomingMachine.step(before, { kind: 'message', from: 0, message })) {
    if (effect.kind !== 'emit' || effect.event.kind !== 'become') continue
    guest.spec = spec
    guest.generationId = before.generationId
    guest.became++
  }
}

// ---------------------------------------------------------------- what may happen

function offers(state: State): Input[] {
  if (state.role === 'order') return state.order.phase === 'proposed' ? [{ kind: 'ask-again' }] : []
  if (state.role === 'host') return [{ kind: 'power-cycle' }]
  const { vms } = state.facts
  const offered: Input[] = hosts.map((_, host) => ({ kind: 'tell', host }))
  if (becomingOf(vms).length > 0) offered.push({ kind: 'watch' })
  for (const { id, host, generation, pool: waitsIn, evicted } of vms) {
    if (host === null) offered.push(...hosts.map((to): Input => ({ kind: 'decide', command: { kind: 'place', vm: id, generation, host: to } })))
    // The pool is to be smaller.
    else if (waitsIn !== null && evicted === null) offered.push({ kind: 'decide', command: { kind: 'evict', vm: id, generation, why: 'unwanted' } })
  }
  return offered
}

// ---------------------------------------------------------------- what must hold

const factsIn = (nodes: readonly Node[]): Facts => ((nodes[replicatedNode] as Node).state as Control).facts

const guestsIn = (nodes: readonly Node[]) =>
  nodes.flatMap(({ state }) => (state?.role === 'host' ? state.guests.map((guest) => ({ host: state.name, session: state.session, guest })) : []))

const invariants: MachineInvariants<Memory, State, Message, null, Input, never, OrderEvent> = {
  begin: () => ({ answered: {} }),
  checks: [
    {
      name: 'WarmSingleUse',
      check: (memory, { node, emitted }: Step) => {
        if (node.state.role !== 'order') return undefined
        const { name } = node.state
        for (const event of emitted) {
          if (event.kind !== 'answer') continue
          if (event.result.kind !== 'ok') return `${name} is refused: ${event.result.why}`
          const vm = event.result.vm ?? ''
          const other = Object.keys(memory.answered).find((known) => known !== name && memory.answered[known] === vm)
          if (other !== undefined) return `${vm} is given to ${name}, and is ${other}'s`
          const before = memory.answered[name]
          if (before !== undefined && before !== vm) return `${name} is given ${vm}, and has ${before}`
          memory.answered[name] = vm
        }
        return undefined
      },
    },
    {
      name: 'BecomesOnce',
      check: (_, { node }: Step) => {
        if (node.state.role !== 'host') return undefined
        const twice = node.state.guests.find(({ became }) => became > 1)
        return twice === undefined ? undefined : `the guest of ${twice.spec.vm} on ${node.state.name} became somebody twice`
      },
    },
    {
      name: 'AtMostOneRunning',
      check: (_, { nodes }: Step) => {
        const seen: Record<string, string> = {}
        for (const { host, guest } of guestsIn(nodes)) {
          const { vm } = guest.spec
          const other = seen[vm]
          if (other !== undefined) return `${vm} runs on ${other} and on ${host}`
          seen[vm] = host
        }
        return undefined
      },
    },
    {
      name: 'RunsForItsOwner',
      check: (_, { nodes }: Step) => {
        const facts = nodes[replicatedNode]?.state === null ? undefined : factsIn(nodes)
        for (const { host, guest } of guestsIn(nodes)) {
          // Nobody reaches who has no address.
          if (guest.spec.address === null || facts === undefined) continue
          const record = vmOf(facts, guest.spec.vm)
          if (record === undefined || record.host !== host) return `${guest.spec.vm} runs for somebody on ${host}, and is not ${host}'s`
          if (record.identity.generationId !== guest.generationId)
            return `${guest.spec.vm} runs as ${guest.generationId}, and is ${record.identity.generationId}`
        }
        return undefined
      },
    },
  ],
}
