import type { Stream } from '../kernel/stream.js'
import { copyPlain } from './interner.js'
import type { Effect, Machine, MachineEvent } from './machine.js'

/**
 * A node that runs nothing but a Machine: what its effects left to be done, as plain data. The machine walk and the model checker decide what
 * happens next; this file says what that does to the node.
 */
export interface MachineNode<State, Message, Durable, Input, Saved> {
  readonly id: number
  up: boolean
  /** 1 at first boot. */
  incarnation: number
  state: State
  /** What the disk kept. */
  durable: Durable | null
  /** Saves in flight, oldest first. */
  saves: { readonly token: number; readonly change: Saved }[]
  /** Messages that wait for a save. */
  held: HeldSend<Message>[]
  /** Tags of the timers that are set. */
  timers: string[]
  /** What the process around the core will tell it. */
  inputs: Input[]
  /** What the core asked to be chosen, and nobody has chosen yet; only where it ever asked. For the model checker. */
  choices?: { readonly key: string; readonly options: number }[]
}

/** Before its first boot. */
export function unbornNode<S, M, D, I, C>(id: number): MachineNode<S, M, D, I, C> {
  return { id, up: false, incarnation: 0, state: null as S, durable: null, saves: [], held: [], timers: [], inputs: [] }
}

/** A deep copy: property by property, which is much faster where it is known what there is. */
export function copyNode<S, M, D, I, C>(node: MachineNode<S, M, D, I, C>): MachineNode<S, M, D, I, C> {
  const { id, up, incarnation, state, durable, saves, held, timers, inputs, choices } = node
  const copy: MachineNode<S, M, D, I, C> = {
    id,
    up,
    incarnation,
    state: copyPlain(state),
    durable: copyPlain(durable),
    saves: saves.length === 0 ? [] : copyPlain(saves),
    held: held.length === 0 ? [] : copyPlain(held),
    timers: timers.length === 0 ? [] : timers.slice(),
    inputs: inputs.length === 0 ? [] : copyPlain(inputs),
  }
  if (choices !== undefined) copy.choices = copyPlain(choices)
  return copy
}

export interface HeldSend<Message> {
  readonly to: number
  readonly message: Message
  readonly after: number
}

export interface Envelope<Message> {
  readonly from: number
  readonly to: number
  readonly message: Message
}

/** A Machine and a stand-in for the process around it. What the process remembers is in the node, so that all of it is a function of the node. */
export interface MachineHarness<State, Message, Durable, Input, Saved = unknown, Emitted = object> {
  readonly machine: Machine<State, Message, Durable, Input, Saved, Emitted>
  /** How the process answers what the core emitted: it adds to `node.inputs`. */
  react?(node: MachineNode<State, Message, Durable, Input, Saved>, event: Emitted): void
  /** What the process made durable by itself before it gave `input`. */
  prepare?(node: MachineNode<State, Message, Durable, Input, Saved>, input: Input): Durable | null
  /** What recovery makes of the disk at the start of an incarnation. */
  recover?(durable: Durable | null, incarnation: number): Durable | null
  /** Damage that a power loss may do to a disk, within what the system survives; the same object: none. For the walk. */
  damage?(
    node: MachineNode<State, Message, Durable, Input, Saved>,
    nodes: readonly MachineNode<State, Message, Durable, Input, Saved>[],
    random: Stream,
  ): Durable | null
  /** Inputs that clients or operators may give now; `ordinal` counts those given so far. For the model checker. */
  offers?(state: State, ordinal: number): readonly Input[]
  /** One of them, drawn; null: none. For the walk. */
  draw?(state: State, ordinal: number, random: Stream): Input | null
}

/** What one step of one node did: what invariants look at. The walk reuses the object: copy what you keep. */
export interface MachineStep<State, Message, Durable, Input, Saved = unknown, Emitted = object> {
  readonly node: MachineNode<State, Message, Durable, Input, Saved>
  readonly nodes: readonly MachineNode<State, Message, Durable, Input, Saved>[]
  /** Null: it booted. */
  readonly event: MachineEvent<Message, Input> | null
  /** What left the node in this step, messages that had waited for a save included. */
  readonly sent: readonly Envelope<Message>[]
  readonly saved: readonly Saved[]
  readonly emitted: readonly Emitted[]
  /** False: the node crashes inside this step, and some effects were not carried out. */
  readonly whole: boolean
}

/** Invariants over the steps of Machines. Their memory is plain data, so that the model checker can copy and hash it with the state. */
export interface MachineInvariants<Memory, State, Message, Durable, Input, Saved = unknown, Emitted = object> {
  begin(nodes: number): Memory
  /** Notes a step in the memory, before the checks: a history of what clients saw. For the model checker. */
  record?(memory: Memory, step: MachineStep<State, Message, Durable, Input, Saved, Emitted>): void
  /** Whether a step is anything to `record` and the checks, whatever they remember; all are when not given. */
  concerns?(step: MachineStep<State, Message, Durable, Input, Saved, Emitted>): boolean
  /** Checked in order after every step, looking only at the node that stepped; each says what is wrong, or nothing. */
  readonly checks: readonly {
    readonly name: string
    /** It has something to look at only in steps that show one of these, which are of `stepAspects`; in every step, when not given. */
    readonly concerns?: number
    check(memory: Memory, step: MachineStep<State, Message, Durable, Input, Saved, Emitted>): string | undefined
  }[]
}

/** What a step shows, as bits of one number. */
export const stepAspects = { sent: 1, saved: 2, emitted: 4, input: 8, any: 31 } as const

/** A `MachineStep` in the making; used again for every step. */
export class MachineStepRecord<State, Message, Durable, Input, Saved, Emitted> implements MachineStep<State, Message, Durable, Input, Saved, Emitted> {
  declare node: MachineNode<State, Message, Durable, Input, Saved>
  event: MachineEvent<Message, Input> | null = null
  readonly sent: Envelope<Message>[] = []
  readonly saved: Saved[] = []
  readonly emitted: Emitted[] = []
  whole = true
  /** Whether anyone looked at the other nodes since `lookAt`. */
  lookedAround = false
  #nodes: readonly MachineNode<State, Message, Durable, Input, Saved>[] = []

  constructor(readonly ids: readonly number[]) {}

  get nodes(): readonly MachineNode<State, Message, Durable, Input, Saved>[] {
    this.lookedAround = true
    return this.#nodes
  }

  lookAt(nodes: readonly MachineNode<State, Message, Durable, Input, Saved>[]): void {
    this.#nodes = nodes
    this.lookedAround = false
  }

  /** Of `stepAspects`, those that it shows. */
  get aspects(): number {
    return (
      (this.sent.length > 0 ? 1 : 0) |
      (this.saved.length > 0 ? 2 : 0) |
      (this.emitted.length > 0 ? 4 : 0) |
      (this.event !== null && this.event.kind === 'input' ? 8 : 0) |
      16
    )
  }

  begin(node: MachineNode<State, Message, Durable, Input, Saved>, event: MachineEvent<Message, Input> | null): void {
    this.node = node
    this.event = event
    empty(this.sent)
    empty(this.saved)
    empty(this.emitted)
    this.whole = true
  }
}

/** Item by item: setting an array's length is slower than that for the few that there are, and gives its memory away. */
function empty(items: unknown[]): void {
  while (items.length > 0) items.pop()
}

/** Starts a new incarnation from what the disk kept. */
export function bootNode<S, M, D, I, C, E>(
  harness: MachineHarness<S, M, D, I, C, E>,
  node: MachineNode<S, M, D, I, C>,
  record: MachineStepRecord<S, M, D, I, C, E>,
): void {
  record.begin(node, null)
  node.incarnation++
  if (harness.recover !== undefined) node.durable = harness.recover(node.durable, node.incarnation)
  const { state, effects } = harness.machine.boot({ id: node.id, peers: record.ids }, node.durable)
  node.up = true
  node.state = state
  carryOut(harness, node, effects, effects.length, record)
}

/**
 * One step of the core, and its effects in order, `effectLimit` of them at most: fewer are carried out by a node that is about to crash.
 * A timer or an input has to be taken out of the node by the caller.
 */
export function stepNode<S, M, D, I, C, E>(
  harness: MachineHarness<S, M, D, I, C, E>,
  node: MachineNode<S, M, D, I, C>,
  event: MachineEvent<M, I>,
  record: MachineStepRecord<S, M, D, I, C, E>,
  effectLimit = Number.POSITIVE_INFINITY,
): void {
  record.begin(node, event)
  if (event.kind === 'input' && harness.prepare !== undefined) node.durable = harness.prepare(node, event.input)
  const effects = harness.machine.step(node.state, event)
  record.whole = effects.length <= effectLimit
  carryOut(harness, node, effects, Math.min(effects.length, effectLimit), record)
}

/** The oldest save in flight becomes durable, what waited for it leaves, and the core is told. */
export function completeSave<S, M, D, I, C, E>(
  harness: MachineHarness<S, M, D, I, C, E>,
  node: MachineNode<S, M, D, I, C>,
  record: MachineStepRecord<S, M, D, I, C, E>,
): void {
  const save = node.saves.shift()
  if (save === undefined) return
  node.durable = harness.machine.persist(node.durable, save.change)
  record.begin(node, { kind: 'saved', token: save.token })
  if (node.held.length > 0) release(node, save.token, record)
  const effects = harness.machine.step(node.state, record.event as MachineEvent<M, I>)
  carryOut(harness, node, effects, effects.length, record)
}

/** The process dies, the oldest `written` of its saves in flight having reached the disk unannounced. */
export function crashNode<S, M, D, I, C, E>(harness: MachineHarness<S, M, D, I, C, E>, node: MachineNode<S, M, D, I, C>, written: number): void {
  for (let i = 0; i < written && i < node.saves.length; i++) {
    node.durable = harness.machine.persist(node.durable, (node.saves[i] as { change: C }).change)
  }
  node.up = false
  node.saves = []
  node.held = []
  node.timers = []
  node.inputs = []
  node.choices = undefined
}

function release<S, M, D, I, C, E>(node: MachineNode<S, M, D, I, C>, token: number, record: MachineStepRecord<S, M, D, I, C, E>): void {
  let kept = 0
  for (const send of node.held) {
    if (send.after <= token) record.sent.push({ from: node.id, to: send.to, message: send.message })
    else node.held[kept++] = send
  }
  while (node.held.length > kept) node.held.pop()
}

function carryOut<S, M, D, I, C, E>(
  harness: MachineHarness<S, M, D, I, C, E>,
  node: MachineNode<S, M, D, I, C>,
  effects: readonly Effect<M, D, C, E>[],
  count: number,
  record: MachineStepRecord<S, M, D, I, C, E>,
): void {
  for (let i = 0; i < count; i++) {
    const effect = effects[i] as Effect<M, D, C, E>
    switch (effect.kind) {
      case 'send':
        if (effect.after === undefined) record.sent.push({ from: node.id, to: effect.to, message: effect.message })
        else node.held.push({ to: effect.to, message: effect.message, after: effect.after })
        break
      case 'save':
        node.saves.push({ token: effect.token, change: effect.change })
        record.saved.push(effect.change)
        break
      case 'timer':
        if (!node.timers.includes(effect.tag)) node.timers.push(effect.tag)
        break
      case 'cancel': {
        const at = node.timers.indexOf(effect.tag)
        if (at >= 0) node.timers.splice(at, 1)
        break
      }
      case 'emit':
        record.emitted.push(effect.event)
        harness.react?.(node, effect.event)
        break
      case 'choose':
        node.choices = [...(node.choices ?? []).filter(({ key }) => key !== effect.key), { key: effect.key, options: effect.options }]
        break
    }
  }
}
