import { Misuse } from '../host/errors.js'
import { copyPlain, Interner } from './interner.js'
import {
  bootNode,
  completeSave,
  crashNode,
  type Envelope,
  type MachineHarness,
  type MachineInvariants,
  type MachineNode,
  MachineStepRecord,
  stepNode,
} from './machine-node.js'
import type { Model } from './model.js'

/**
 * Machines as a model for the checker: nodes, an unordered network, timers that fire at any time while they are set, saves that complete in
 * order at any time, crashes that keep what is durable and some of what was being saved, followed by a restart. A message that is never
 * delivered is lost, so loss needs no action of its own; explicit ones (`drops`) thin out a network that would otherwise only grow. A crash
 * inside a step is covered too: what it would not have sent is lost, what it would not have saved is not written.
 */
export interface MachineModelOptions<State, Input> {
  readonly nodes: number
  /** Deliveries that leave their message in the network, in all. */
  readonly duplicates?: number
  /** Messages that are dropped by an action of their own, in all. */
  readonly drops?: number
  /** Crashes in all. */
  readonly crashes?: number
  /** A step that leads a node out of these bounds is not taken. */
  readonly within?: (state: State) => boolean
  /** What happened before: the exploration begins after it. */
  readonly prelude?: readonly PreludeStep<Input>[]
}

export type PreludeStep<Input> =
  | { readonly kind: 'timer'; readonly node: number; readonly tag: string }
  | { readonly kind: 'input'; readonly node: number; readonly input: Input }
  /** Messages among these nodes are delivered and their saves completed, until nothing is left to do; messages to others are lost. */
  | { readonly kind: 'settle'; readonly nodes: readonly number[] }

export type MachineAction =
  | { readonly kind: 'deliver' | 'duplicate' | 'drop'; readonly envelope: number; readonly from: number; readonly to: number; readonly message: string }
  | { readonly kind: 'timer'; readonly node: number; readonly tag: string }
  | { readonly kind: 'saved'; readonly node: number }
  /** The oldest `written` of its saves in flight reached the disk. */
  | { readonly kind: 'crash'; readonly node: number; readonly written: number }
  /** What the process owes its core. */
  | { readonly kind: 'answer'; readonly node: number }
  /** One of the harness's `offers`. */
  | { readonly kind: 'input'; readonly node: number; readonly choice: number }

/** Nodes, messages and the invariants' memory are interned: a state is a handful of numbers, and each step of a node is computed once. */
export interface MachineModelState {
  readonly nodes: readonly number[]
  /** Messages on their way, sorted. */
  readonly network: readonly number[]
  readonly memory: number
  readonly duplicates: number
  readonly drops: number
  readonly crashes: number
  readonly inputs: number
  readonly fallen: Fallen | null
}

interface Fallen {
  readonly invariant: string
  readonly detail: string
}

/** A model whose properties are the invariants; `describe` tells an action with its message. */
export function machineModel<Memory, S, M, D, I, C, E>(
  harness: MachineHarness<S, M, D, I, C, E>,
  invariants: MachineInvariants<Memory, S, M, D, I, C, E>,
  options: MachineModelOptions<S, I>,
): Model<MachineModelState, MachineAction> {
  const world = new MachineModelWorld(harness, invariants, options)
  return {
    initial: () => [world.initial()],
    actions: (state) => world.actions(state),
    next: (state, action) => world.next(state, action),
    key: ({ nodes, network, memory, duplicates, drops, crashes, inputs, fallen }) => [
      ...nodes,
      memory,
      duplicates,
      drops,
      crashes,
      inputs,
      fallen === null ? 0 : 1,
      ...network,
    ],
    describe: (action) => world.describe(action),
    properties: invariants.checks.map(({ name }) => ({
      name,
      kind: 'always',
      holds: ({ fallen }) => fallen?.invariant !== name,
      explain: ({ fallen }) => fallen?.detail ?? '',
    })),
  }
}

/** One step of one node, whatever the others do. */
interface Transition<S, M, D, I, C, E> {
  readonly number: number
  /** The node after it, or -1: out of bounds. */
  readonly after: number
  readonly sent: readonly number[]
  readonly record: MachineStepRecord<S, M, D, I, C, E>
}

/** What the invariants said of a transition. */
interface Verdict {
  readonly memory: number
  readonly fallen: Fallen | null
}

/** Codes of a node's events, in the low bits of a transition's key. */
const CODES = 1 << 24

class MachineModelWorld<Memory, S, M, D, I, C, E> {
  readonly #nodes = new Interner<MachineNode<S, M, D, I, C>>()
  readonly #envelopes = new Interner<Envelope<M>>()
  readonly #memories = new Interner<Memory>()
  readonly #transitions = new Map<number, Transition<S, M, D, I, C, E>>()
  readonly #verdicts = new Map<number, Verdict>()
  readonly #tags: string[] = []
  readonly #deliveries: { deliver: MachineAction; duplicate: MachineAction; drop: MachineAction }[] = []
  readonly #ids: number[]
  #transitionCount = 0

  constructor(
    readonly harness: MachineHarness<S, M, D, I, C, E>,
    readonly invariants: MachineInvariants<Memory, S, M, D, I, C, E>,
    readonly options: MachineModelOptions<S, I>,
  ) {
    this.#ids = Array.from({ length: options.nodes }, (_, id) => id)
  }

  initial(): MachineModelState {
    const blank = this.#ids.map((id) => this.#nodes.number({ ...unborn<S, M, D, I, C>(id) }))
    let state: MachineModelState = {
      nodes: blank,
      network: [],
      memory: this.#memories.number(this.invariants.begin(this.options.nodes)),
      duplicates: this.options.duplicates ?? 0,
      drops: this.options.drops ?? 0,
      crashes: this.options.crashes ?? 0,
      inputs: 0,
      fallen: null,
    }
    for (const id of this.#ids) state = this.#must(this.#step(state, id, 3, (node, record) => bootNode(this.harness, node, record)))
    for (const step of this.options.prelude ?? []) state = this.#prelude(state, step)
    return state
  }

  #must(state: MachineModelState | null): MachineModelState {
    if (state === null || state.fallen !== null) throw new Misuse(`the prelude leads out of bounds, or breaks ${state?.fallen?.invariant ?? 'nothing'}`)
    return state
  }

  #prelude(state: MachineModelState, step: PreludeStep<I>): MachineModelState {
    if (step.kind === 'timer') return this.#must(this.next(state, step))
    if (step.kind === 'input') {
      const run = (node: MachineNode<S, M, D, I, C>, record: MachineStepRecord<S, M, D, I, C, E>) =>
        stepNode(this.harness, node, { kind: 'input', input: step.input }, record)
      return this.#must(this.#step(state, step.node, null, run))
    }
    let settled = state
    for (;;) {
      const action = this.actions(settled).find((candidate) => {
        if (candidate.kind === 'deliver') return step.nodes.includes(candidate.to)
        return (candidate.kind === 'saved' || candidate.kind === 'answer') && step.nodes.includes(candidate.node)
      })
      if (action === undefined) return { ...settled, network: [] }
      settled = this.#must(this.next(settled, action))
    }
  }

  actions(state: MachineModelState): MachineAction[] {
    if (state.fallen !== null) return []
    const actions: MachineAction[] = []
    for (let i = 0; i < state.network.length; i++) {
      const number = state.network[i] as number
      if (number === state.network[i - 1]) continue
      const delivery = this.#delivery(number)
      actions.push(delivery.deliver)
      if (state.duplicates > 0) actions.push(delivery.duplicate)
      if (state.drops > 0) actions.push(delivery.drop)
    }
    for (const id of this.#ids) {
      const node = this.#nodes.value(state.nodes[id] as number)
      if (node.saves.length > 0) actions.push({ kind: 'saved', node: id })
      if (node.inputs.length > 0) actions.push({ kind: 'answer', node: id })
      for (const tag of node.timers) actions.push({ kind: 'timer', node: id, tag })
      const offers = this.harness.offers?.(node.state, state.inputs).length ?? 0
      for (let choice = 0; choice < offers; choice++) actions.push({ kind: 'input', node: id, choice })
      if (state.crashes > 0) for (let written = 0; written <= node.saves.length; written++) actions.push({ kind: 'crash', node: id, written })
    }
    return actions
  }

  #delivery(number: number): { deliver: MachineAction; duplicate: MachineAction; drop: MachineAction } {
    const known = this.#deliveries[number]
    if (known !== undefined) return known
    const { from, to, message } = this.#envelopes.value(number)
    const named = typeof message === 'object' && message !== null && 'kind' in message ? String(message.kind) : 'message'
    const rest = { envelope: number, from, to, message: named }
    const delivery = { deliver: { kind: 'deliver', ...rest }, duplicate: { kind: 'duplicate', ...rest }, drop: { kind: 'drop', ...rest } } as const
    this.#deliveries[number] = delivery
    return delivery
  }

  next(state: MachineModelState, action: MachineAction): MachineModelState | null {
    switch (action.kind) {
      case 'drop':
        return { ...state, network: without(state.network, action.envelope), drops: state.drops - 1 }
      case 'deliver':
      case 'duplicate': {
        const { from, to, message } = this.#envelopes.value(action.envelope)
        const left = action.kind === 'deliver' ? { ...state, network: without(state.network, action.envelope) } : { ...state, duplicates: state.duplicates - 1 }
        return this.#step(left, to, 16 + action.envelope, (node, record) => stepNode(this.harness, node, { kind: 'message', from, message }, record))
      }
      case 'timer':
        return this.#step(state, action.node, 4 + this.#tag(action.tag), (node, record) => {
          node.timers.splice(node.timers.indexOf(action.tag), 1)
          stepNode(this.harness, node, { kind: 'timer', tag: action.tag }, record)
        })
      case 'saved':
        return this.#step(state, action.node, 0, (node, record) => completeSave(this.harness, node, record))
      case 'answer':
        return this.#step(state, action.node, 1, (node, record) => stepNode(this.harness, node, { kind: 'input', input: node.inputs.shift() as I }, record))
      case 'crash':
        return this.#step({ ...state, crashes: state.crashes - 1 }, action.node, null, (node, record) => {
          crashNode(this.harness, node, action.written)
          bootNode(this.harness, node, record)
        })
      case 'input': {
        const { state: core } = this.#nodes.value(state.nodes[action.node] as number)
        const input = this.harness.offers?.(core, state.inputs)[action.choice] as I
        return this.#step({ ...state, inputs: state.inputs + 1 }, action.node, null, (node, record) =>
          stepNode(this.harness, node, { kind: 'input', input }, record),
        )
      }
    }
  }

  describe(action: MachineAction): string {
    if (action.kind !== 'deliver' && action.kind !== 'duplicate' && action.kind !== 'drop') return JSON.stringify(action)
    return `${action.kind} ${action.from} -> ${action.to} ${JSON.stringify(this.#envelopes.value(action.envelope).message)}`
  }

  #tag(tag: string): number {
    const at = this.#tags.indexOf(tag)
    return at >= 0 ? at : this.#tags.push(tag) - 1
  }

  /** `code` names what happens to the node, for what can be computed once; null: compute it. */
  #step(
    state: MachineModelState,
    id: number,
    code: number | null,
    run: (node: MachineNode<S, M, D, I, C>, record: MachineStepRecord<S, M, D, I, C, E>) => void,
  ): MachineModelState | null {
    const before = state.nodes[id] as number
    const key = code === null ? null : before * CODES + code
    let transition = key === null ? undefined : this.#transitions.get(key)
    if (transition === undefined) {
      transition = this.#compute(before, run)
      if (key !== null) this.#transitions.set(key, transition)
    }
    if (transition.after < 0) return null
    const nodes = state.nodes.slice()
    nodes[id] = transition.after
    const verdict = this.#judge(state.memory, nodes, transition)
    const network = transition.sent.length === 0 ? state.network : withAll(state.network, transition.sent)
    return { ...state, nodes, network, memory: verdict.memory, fallen: verdict.fallen }
  }

  #compute(before: number, run: (node: MachineNode<S, M, D, I, C>, record: MachineStepRecord<S, M, D, I, C, E>) => void): Transition<S, M, D, I, C, E> {
    const node = copyPlain(this.#nodes.value(before))
    const record = new MachineStepRecord<S, M, D, I, C, E>(this.#ids)
    run(node, record)
    node.timers.sort()
    const number = this.#transitionCount++
    if (this.options.within?.(node.state) === false) return { number, after: -1, sent: [], record }
    const after = this.#nodes.number(node)
    record.node = this.#nodes.value(after)
    return { number, after, sent: record.sent.map((envelope) => this.#envelopes.number(envelope)), record }
  }

  /** A verdict that looked at no other node is the same wherever the memory is the same. */
  #judge(memory: number, nodes: readonly number[], transition: Transition<S, M, D, I, C, E>): Verdict {
    const key = memory * CODES * 4 + transition.number
    const known = this.#verdicts.get(key)
    if (known !== undefined) return known
    const { record } = transition
    record.lookAt(nodes.map((number) => this.#nodes.value(number)))
    const copy = copyPlain(this.#memories.value(memory))
    let fallen: Fallen | null = null
    for (const { name, check } of this.invariants.checks) {
      const detail = check(copy, record)
      if (detail === undefined) continue
      fallen = { invariant: name, detail }
      break
    }
    const verdict = { memory: this.#memories.number(copy), fallen }
    if (!record.lookedAround) this.#verdicts.set(key, verdict)
    return verdict
  }
}

function unborn<S, M, D, I, C>(id: number): MachineNode<S, M, D, I, C> {
  return { id, up: false, incarnation: 0, state: null as S, durable: null, saves: [], held: [], timers: [], inputs: [] }
}

/** Sorted again. */
function withAll(sorted: readonly number[], items: readonly number[]): number[] {
  const all = sorted.slice()
  for (const item of items) {
    let at = all.push(item) - 1
    for (; at > 0 && (all[at - 1] as number) > item; at--) all[at] = all[at - 1] as number
    all[at] = item
  }
  return all
}

/** One occurrence less. */
function without(sorted: readonly number[], item: number): number[] {
  const rest = sorted.slice()
  rest.splice(rest.indexOf(item), 1)
  return rest
}
