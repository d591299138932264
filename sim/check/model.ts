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
  /** One line for a counterexample. */
  describe?(action: Action): string
}

export interface ModelProperty<State> {
  readonly name: string
  /** `always`: holds in every state; `sometimes`: in at least one. */
  readonly kind: 'always' | 'sometimes'
  holds(state: State): boolean
  /** What is wrong with a state in which an `always` property does not hold. */
  explain?(state: State): string
}
