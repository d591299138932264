import type { PropertyKind, StateSpace, Symmetry } from './state-space.js'

/**
 * What the model checker explores. States and actions are plain data (see `canonical-hash.ts`); a state is never changed once it is made.
 * The words are those of TLA+ and of Stateright.
 */
export interface Model<State, Action> {
  initial(): readonly State[]
  /** What may happen next, in a fixed order. */
  actions(state: State): readonly Action[]
  /** The state after `action`, a new object; null: the action changes nothing here. */
  next(state: State, action: Action): State | null
  readonly properties: readonly ModelProperty<State>[]
  /** Whether a state is explored (and counted) at all: bounds an endless model. Without it all are. */
  within?(state: State): boolean
  /** What tells a state from all others, when that is less than the whole of it: hashed in its place. */
  key?(state: State): unknown
  readonly symmetry?: Symmetry<State>
  /** One line for a counterexample. */
  describe?(action: Action): string
}

export interface ModelProperty<State> {
  readonly name: string
  /** `always`: holds in every state; `sometimes`: in at least one; `eventually`: in some state of every way that comes to an end. */
  readonly kind: PropertyKind
  /** Of an `eventually`: in some state of every way that goes on for ever, too. Nothing is fair: a loop that could be left may be taken for ever. */
  readonly cycles?: boolean
  holds(state: State): boolean
  /** What is wrong with a state in which an `always` property does not hold. */
  explain?(state: State): string
}

/**
 * A model in parts: plain data that rules change a few of at a time. What a rule makes of the parts that it looks at is computed once and remembered, so that
 * a state is a handful of numbers; the same model as a `Model` is explored some twenty times slower.
 */
export interface RuleModel<Part, Action> {
  /** Each a list of parts, of one length. */
  initial(): readonly (readonly Part[])[]
  /** In this order, and each rule's steps in the order that it gives. */
  readonly rules: readonly Rule<Part, Action>[]
  readonly properties: readonly ModelProperty<readonly Part[]>[]
  readonly symmetry?: Symmetry<readonly Part[]>
  describe?(action: Action): string
}

export interface Rule<Part, Action> {
  /** Numbers of the parts that it looks at and may change, three at most. */
  readonly parts: readonly number[]
  /** What may happen, given those parts: each with what they are afterwards. A pure function. */
  steps(...parts: Part[]): readonly RuleStep<Part, Action>[]
}

export interface RuleStep<Part, Action> {
  readonly action: Action
  readonly parts: readonly Part[]
}

/** A model that says by itself how its states are packed: made by `ruleModel` and `machineModel`. */
export interface SpaceModel<State, Action> {
  /** A new space; an exact one confuses no two parts of a state. */
  space(isExact: boolean): StateSpace
  /** Only to tell the types; never there. */
  readonly types?: { readonly state: State; readonly action: Action }
}

/** What `check` explores. */
export type Checkable<State, Action> = Model<State, Action> | SpaceModel<State, Action>
