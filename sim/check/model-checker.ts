import { Misuse } from '../host/errors.js'
import { CanonicalHasher, type Fingerprint } from './canonical-hash.js'
import { FingerprintTable } from './fingerprint-table.js'
import type { Model, ModelProperty } from './model.js'

export interface CheckLimits {
  /** Actions from an initial state at most. */
  readonly maxDepth?: number
  /** Unique states at most. */
  readonly maxStates?: number
  /** Whether to go on after a violation, for the others: each property is reported once, by a shortest counterexample. */
  readonly keepGoing?: boolean
}

export interface CheckResult<State, Action> {
  /** Initial ones included. */
  readonly uniqueStates: number
  /** Before those seen already were told. */
  readonly generatedStates: number
  /** Actions from an initial state to the farthest state that was reached first. */
  readonly depth: number
  /** Whether every state within the model's own bound was seen: no limit ended the search. */
  readonly complete: boolean
  readonly violations: readonly ModelViolation<State, Action>[]
  /** `sometimes` properties that were true in no state. */
  readonly unreached: readonly string[]
}

export interface ModelViolation<State, Action> {
  readonly property: string
  readonly detail: string
  /** A shortest way from an initial state to `state`. */
  readonly actions: readonly Action[]
  readonly state: State
}

/**
 * Explores a model breadth first, so that the counterexamples are shortest. States are told apart by 64-bit fingerprints: with n unique states
 * the odds of overlooking one are about n² in 2^65. Memory per state is 16 bytes and its fingerprint; only states on the frontier are kept whole.
 */
export function check<State, Action>(model: Model<State, Action>, limits: CheckLimits = {}): CheckResult<State, Action> {
  const maxDepth = limits.maxDepth ?? Number.POSITIVE_INFINITY
  const maxStates = limits.maxStates ?? Number.POSITIVE_INFINITY
  if (!(maxDepth >= 0 && maxStates >= 1)) throw new Misuse(`a search to depth ${maxDepth} and of ${maxStates} states finds nothing`)
  const search = new Search(model)
  let frontier: Frontier<State> = { numbers: [], states: [] }
  for (const state of model.initial()) search.admit(state, -1, 0, frontier)
  let depth = 0
  let complete = true
  while (frontier.states.length > 0) {
    if (search.violations.length > 0 && limits.keepGoing !== true) {
      complete = false
      break
    }
    if (depth === maxDepth) {
      complete = !search.mayGoOn(frontier)
      break
    }
    const next: Frontier<State> = { numbers: [], states: [] }
    complete = search.expand(frontier, next, maxStates)
    if (next.states.length > 0) depth++
    if (!complete) break
    frontier = next
  }
  return {
    uniqueStates: search.parents.length,
    generatedStates: search.generated,
    depth,
    complete,
    violations: search.violations,
    unreached: model.properties.filter((property) => property.kind === 'sometimes' && !search.settled.has(property)).map((property) => property.name),
  }
}

interface Frontier<State> {
  readonly numbers: number[]
  readonly states: State[]
}

class Search<State, Action> {
  readonly #seen = new FingerprintTable()
  readonly #hasher = new CanonicalHasher()
  /** By number of state: the state it came from (-1: initial, and then `choices` says which), and which of that one's actions led here. */
  readonly parents: number[] = []
  readonly choices: number[] = []
  readonly violations: ModelViolation<State, Action>[] = []
  /** `always` properties that fell, `sometimes` properties that held. */
  readonly settled = new Set<ModelProperty<State>>()
  generated = 0

  constructor(readonly model: Model<State, Action>) {}

  /** Explores the frontier. False: a limit was reached. */
  expand(frontier: Frontier<State>, next: Frontier<State>, maxStates: number): boolean {
    for (let i = 0; i < frontier.states.length; i++) {
      const state = frontier.states[i] as State
      const actions = this.model.actions(state)
      for (let choice = 0; choice < actions.length; choice++) {
        const after = this.model.next(state, actions[choice] as Action)
        if (after === null) continue
        if (this.parents.length >= maxStates && this.#isNew(after)) return false
        this.admit(after, frontier.numbers[i] as number, choice, next)
      }
    }
    return true
  }

  /** Whether any state of the frontier leads to one that was not seen. */
  mayGoOn(frontier: Frontier<State>): boolean {
    for (const state of frontier.states) {
      for (const action of this.model.actions(state)) {
        const after = this.model.next(state, action)
        if (after !== null && this.#isNew(after)) return true
      }
    }
    return false
  }

  #fingerprint(state: State): Fingerprint {
    return this.#hasher.hash(this.model.key === undefined ? state : this.model.key(state))
  }

  #isNew(state: State): boolean {
    return this.model.within?.(state) !== false && !this.#seen.has(this.#fingerprint(state))
  }

  admit(state: State, parent: number, choice: number, into: Frontier<State>): void {
    this.generated++
    if (this.model.within?.(state) === false || !this.#seen.add(this.#fingerprint(state))) return
    const number = this.parents.length
    this.parents.push(parent)
    this.choices.push(parent < 0 ? into.states.length : choice)
    into.numbers.push(number)
    into.states.push(state)
    for (const property of this.model.properties) {
      if (this.settled.has(property)) continue
      const holds = property.holds(state)
      if (holds === (property.kind === 'always')) continue
      this.settled.add(property)
      if (property.kind === 'sometimes') continue
      this.violations.push({
        property: property.name,
        detail: property.explain?.(state) ?? `${property.name} does not hold`,
        actions: this.#way(number),
        state,
      })
    }
  }

  /** Replays the choices that led to a state. */
  #way(to: number): Action[] {
    const choices: number[] = []
    let at = to
    for (; (this.parents[at] as number) >= 0; at = this.parents[at] as number) choices.push(this.choices[at] as number)
    const distinct: State[] = []
    const seen = new FingerprintTable()
    for (const state of this.model.initial()) if (this.model.within?.(state) !== false && seen.add(this.#fingerprint(state))) distinct.push(state)
    let state = distinct[this.choices[at] as number] as State
    const way: Action[] = []
    for (const choice of choices.reverse()) {
      const action = this.model.actions(state)[choice] as Action
      way.push(action)
      state = this.model.next(state, action) as State
    }
    return way
  }
}
