import type { MachineEvent } from './machine.js'
import type { Envelope, MachineHarness, MachineInvariants, MachineNode } from './machine-node.js'
import { MachineSpace } from './machine-space.js'
import type { SpaceModel } from './model.js'
import type { PropertyKind, Symmetry } from './state-space.js'

/**
 * Machines as a model for the checker: nodes, a network, timers that fire at any time while they are set, saves that complete in order at any time, crashes that
 * keep what is durable and some of what was being saved, followed by a restart. A node that stays down for a while is one that hears nothing for a while, so a
 * restart needs no action of its own. A crash inside a step is covered too: what it would not have sent is lost, what it would not have saved is not written.
 */
export interface MachineModelOptions<Memory, State, Message, Durable, Input, Saved> {
  readonly nodes: number
  /**
   * `unordered` (the default): messages overtake each other, each is delivered once. A message that is never delivered is lost, so loss needs no action of its own.
   * `set`: what was sent can be delivered again and again, or never: any loss and any duplication. Messages only grow in number, which makes it the smallest of all.
   * `duplicating`: the same, and what was delivered last is part of the state, as in Stateright's network of this name.
   * `ordered`: what one node sends to another arrives in order, and only the first of them can be delivered.
   * Except on an ordered one, a delivery that changes nothing and sends nothing is no transition; on an ordered network others wait behind the message.
   */
  readonly network?: NetworkKind
  /** Any message may be dropped, by an action of its own. */
  readonly isLossy?: boolean
  /** Deliveries that leave their message in an unordered network, in all. */
  readonly duplicates?: number
  /** Messages that are dropped by an action of their own, in all. They thin out a network that would otherwise only grow. */
  readonly drops?: number
  /** Crashes in all. */
  readonly crashes?: number
  /** Crashes of each node, at most. */
  readonly crashesEach?: number
  /** A step that leads a node out of these bounds is not taken. */
  readonly within?: (state: State) => boolean
  /** What happened before: the exploration begins after it. */
  readonly prelude?: readonly PreludeStep<Input>[]
  /**
   * Whether a message that changes nothing and is answered by nothing is a transition nonetheless, on an unordered network. None is, when not given. The state is a
   * copy that may be changed.
   */
  readonly heeds?: (state: State, event: MachineEvent<Message, Input>) => boolean
  /** The order in which messages are tried: for the same depth-first order, and the same end of a search that stops, as in another checker. */
  readonly compare?: (a: Envelope<Message>, b: Envelope<Message>) => number
  readonly properties?: readonly MachineProperty<Memory, State, Message, Durable, Input, Saved>[]
  readonly symmetry?: Symmetry<MachineView<Memory, State, Message, Durable, Input, Saved>>
  readonly describeMessage?: (message: Message) => string
}

export const networkKinds = ['unordered', 'set', 'duplicating', 'ordered'] as const
export type NetworkKind = (typeof networkKinds)[number]

/** Stated of a part of the state, and then judged once for each such part, or of the whole of it. */
export type MachineProperty<Memory, State, Message, Durable, Input, Saved> = {
  readonly name: string
  readonly kind: PropertyKind
  /** Of an `eventually`: on ways that go on for ever, too. */
  readonly cycles?: boolean
} & (
  | { readonly of: 'memory'; holds(memory: Memory): boolean; explain?(memory: Memory): string }
  /** Holds where some message that can be delivered fits. */
  | { readonly of: 'messages'; fits(envelope: Envelope<Message>): boolean }
  | {
      readonly of: 'system'
      holds(view: MachineView<Memory, State, Message, Durable, Input, Saved>): boolean
      explain?(view: MachineView<Memory, State, Message, Durable, Input, Saved>): string
    }
)

/** A state of the system as plain data, to look at. */
export interface MachineView<Memory, State, Message, Durable, Input, Saved> {
  readonly nodes: readonly MachineNode<State, Message, Durable, Input, Saved>[]
  /** On their way; one that was sent twice is there twice. */
  readonly messages: readonly Envelope<Message>[]
  /** On a duplicating network: what was delivered last. */
  readonly lastDelivered: Envelope<Message> | null
  readonly memory: Memory
  readonly spent: { readonly duplicates: number; readonly drops: number; readonly crashes: number; readonly inputs: number }
  /** The check that a step broke: nothing happens after it. */
  readonly fallen: { readonly invariant: string; readonly detail: string } | null
}

export type PreludeStep<Input> =
  | { readonly kind: 'timer'; readonly node: number; readonly tag: string }
  | { readonly kind: 'input'; readonly node: number; readonly input: Input }
  /** The first message of this `kind` on its way from one to the other is delivered. */
  | { readonly kind: 'deliver'; readonly from: number; readonly to: number; readonly message: string }
  | { readonly kind: 'saved'; readonly node: number }
  /**
   * Messages among these nodes are delivered and their saves completed, until nothing is left to do; messages to others, and those whose `kind` is among `lost`,
   * are lost.
   */
  | { readonly kind: 'settle'; readonly nodes: readonly number[]; readonly lost?: readonly string[] }

/** What may happen to a system of Machines. */
export type MachineAction<Message = unknown, Input = unknown> =
  | { readonly kind: 'deliver' | 'duplicate' | 'drop'; readonly from: number; readonly to: number; readonly message: Message }
  | { readonly kind: 'timer'; readonly node: number; readonly tag: string }
  /** The oldest save in flight becomes durable. */
  | { readonly kind: 'saved'; readonly node: number }
  /** The oldest `written` of its saves in flight reached the disk; it starts again. */
  | { readonly kind: 'crash'; readonly node: number; readonly written: number }
  /** What the process owes its core. */
  | { readonly kind: 'answer'; readonly node: number }
  | { readonly kind: 'input'; readonly node: number; readonly input: Input }
  /** What a Machine asked to be chosen. */
  | { readonly kind: 'chosen'; readonly node: number; readonly key: string; readonly value: number }

/** A model whose properties are the checks of the invariants, made after every step, and those of the options. */
export function machineModel<Memory, S, M, D, I, C, E>(
  harness: MachineHarness<S, M, D, I, C, E>,
  invariants: MachineInvariants<Memory, S, M, D, I, C, E>,
  options: MachineModelOptions<Memory, S, M, D, I, C>,
): SpaceModel<MachineView<Memory, S, M, D, I, C>, MachineAction<M, I>> {
  return { space: (isExact) => new MachineSpace(harness, invariants, options, isExact) }
}
