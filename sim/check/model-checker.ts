import { Misuse } from '../host/errors.js'
import { rootKey } from '../kernel/root-key.js'
import { BreadthFirst } from './breadth-first.js'
import { DepthFirst } from './depth-first.js'
import { searchEventually } from './eventually.js'
import { IterativeDeepening } from './iterative-deepening.js'
import type { Checkable } from './model.js'
import { ModelSpace } from './model-space.js'
import { RandomWalks } from './random-walks.js'
import { type Found, foundAlong, type Search, type SearchLimits } from './search.js'
import type { SharedStates } from './shared-states.js'
import { sharedWayTo } from './shared-ways.js'
import { HEADER, type SpaceProperty, type StateSpace } from './state-space.js'
import type { WayStep } from './visited.js'

export const searchKinds = ['bfs', 'dfs', 'iterative', 'random'] as const
/** Breadth first, depth first, iterative deepening, random walks. */
export type SearchKind = (typeof searchKinds)[number]

export interface CheckOptions {
  /** Breadth first, when not given: its counterexamples are shortest. */
  readonly search?: SearchKind
  /** Actions from an initial state at most. */
  readonly maxDepth?: number
  /** Unique states at most. */
  readonly maxStates?: number
  /** Explores all that there is, whatever was found. Each property is told once all the same. */
  readonly keepGoing?: boolean
  /** Compares states whole instead of by their 64-bit fingerprints: some four times the memory, and no state is taken for another. */
  readonly exact?: boolean
  /** Takes states for one that differ in names alone: by the model's `representative`, as Stateright does, or truly, by counting orbits. */
  readonly symmetry?: 'representative' | 'orbits'
  /** Of random walks. `1`, when not given. */
  readonly seed?: string
  /** Random walks at most: 1,000 when not given. */
  readonly walks?: number
  /** Told once in a while how far it is; false ends the search. */
  readonly watch?: (progress: CheckProgress) => boolean
}

export interface CheckProgress {
  readonly uniqueStates: number
  readonly generatedStates: number
  readonly depth: number
}

export interface CheckResult<State, Action> {
  /** Initial ones included. */
  readonly uniqueStates: number
  /** Before those seen already were told; initial ones included, those out of bounds not. */
  readonly generatedStates: number
  /** Actions from an initial state to the farthest state that was taken up. */
  readonly depth: number
  /** Whether every state within the model's own bounds was seen: nothing ended the search. */
  readonly complete: boolean
  /** Each property that was decided by a state: counterexamples, and examples of what is to be sometimes. In the order of the model's properties. */
  readonly discoveries: readonly Discovery<State, Action>[]
  /** The counterexamples. */
  readonly violations: readonly Discovery<State, Action>[]
  /** `sometimes` properties that were true in no state that was seen. */
  readonly unreached: readonly string[]
}

export interface Discovery<State, Action> {
  readonly property: string
  readonly kind: 'counterexample' | 'example'
  readonly detail: string
  /** A way from an initial state to `state`: a shortest one, breadth first and with iterative deepening. */
  readonly actions: readonly Action[]
  readonly state: State
  /** Of a way that goes on for ever: after so many actions it was where it is at the end. */
  readonly loopsTo?: number
}

/**
 * Explores a model: all that may happen, in every order. States are told apart by 64-bit fingerprints: with n unique states the odds of overlooking one are about
 * n² in 2^65; `exact` leaves none. Without `keepGoing` the search ends at a state that answers every property that is left, or breaks one;
 * a Machine's invariants are answered by nothing but their breach.
 */
export function check<State, Action>(model: Checkable<State, Action>, options: CheckOptions = {}): CheckResult<State, Action> {
  const checker = new Checker(model, options)
  while (!checker.isDone) checker.advance(SLICE)
  return checker.result()
}

/** What threads found of a property: the state that decides it. */
export interface SharedFound {
  /** Its place among the space's. */
  readonly property: number
  readonly high: number
  readonly low: number
}

/** States between two calls of `watch`. */
const SLICE = 16_384

/** A check in the hand: `advance` takes up some states, and may be called until `isDone`. */
export class Checker<State, Action> {
  readonly space: StateSpace
  readonly #search: Search
  readonly #options: CheckOptions
  readonly #found = new Map<string, Found>()
  #isStopped = false
  #shared: { readonly progress: CheckProgress; readonly isCut: boolean } | null = null

  constructor(model: Checkable<State, Action>, options: CheckOptions = {}) {
    this.#options = options
    this.space = spaceOf(model, options.exact ?? false)
    const names = this.space.properties.map(({ name }) => name)
    const double = names.find((name, i) => names.indexOf(name) !== i)
    if (double !== undefined) throw new Misuse(`the model states '${double}' twice: give one of the two another name`)
    this.#search = searchOf(this.space, options)
  }

  get isDone(): boolean {
    return this.#search.isDone || this.#isStopped
  }

  get progress(): CheckProgress {
    if (this.#shared !== null) return this.#shared.progress
    const { unique, generated, depth } = this.#search
    return { uniqueStates: unique, generatedStates: generated, depth }
  }

  advance(states: number): void {
    this.#search.advance(states)
    if (!this.isDone && this.#options.watch?.(this.progress) === false) this.#isStopped = true
    if (this.#search.isDone) this.#finish()
  }

  /** Takes over what threads found together. */
  adopt(states: SharedStates, found: readonly SharedFound[], progress: CheckProgress, isCut: boolean): void {
    this.#shared = { progress, isCut }
    for (const { property, high, low } of found) {
      const stated = this.space.properties[property] as SpaceProperty
      const way = sharedWayTo(this.space, states, high, low)
      const { words } = way[way.length - 1] as WayStep
      const detail = stated.kind === 'always' ? stated.explain(words, HEADER, words[0] as number) : `${stated.name} holds`
      this.#found.set(stated.name, foundAlong(this.space, stated, detail, way))
    }
    if (!this.#isStopped) this.#finish()
  }

  /** Leaves the rest unseen. */
  stop(): void {
    this.#isStopped = true
  }

  /** What is stated of whole ways is looked for once the states are known. */
  #finish(): void {
    const isCut = this.#shared?.isCut ?? this.#search.isCut
    for (const one of this.#search.found.values()) this.#found.set(one.property.name, one)
    const goOn = () => this.#options.watch?.(this.progress) !== false
    for (const property of this.space.properties) {
      if (property.kind !== 'eventually' || (isCut && !this.#options.keepGoing && this.#found.size > 0)) continue
      const result = searchEventually(this.space, property, this.#options.maxDepth ?? Number.POSITIVE_INFINITY, goOn)
      if (result.found !== null) this.#found.set(property.name, result.found)
      if (result.isCut) this.#isStopped = true
    }
  }

  result(): CheckResult<State, Action> {
    for (const one of this.#search.found.values()) this.#found.set(one.property.name, one)
    const discoveries = this.space.properties.flatMap(({ name, kind }): Discovery<State, Action>[] => {
      const found = this.#found.get(name)
      if (found === undefined) return []
      return [
        {
          property: name,
          kind: kind === 'sometimes' ? 'example' : 'counterexample',
          detail: found.detail,
          actions: found.actions as readonly Action[],
          state: found.state as State,
          ...(found.loopsTo === undefined ? {} : { loopsTo: found.loopsTo }),
        },
      ]
    })
    return {
      ...this.progress,
      complete: !this.#isStopped && (this.#shared === null ? this.#search.isDone && !this.#search.isCut : !this.#shared.isCut),
      discoveries,
      violations: discoveries.filter(({ kind }) => kind === 'counterexample'),
      unreached: this.space.properties.filter(({ name, kind }) => kind === 'sometimes' && !this.#found.has(name)).map(({ name }) => name),
    }
  }
}

export function spaceOf<State, Action>(model: Checkable<State, Action>, isExact: boolean): StateSpace {
  requireShape(model)
  return 'space' in model ? model.space(isExact) : new ModelSpace(model, isExact)
}

/** A model of JavaScript, or one whose types were cast away, may lack what it must have. */
function requireShape(model: unknown): void {
  if (typeof model !== 'object' || model === null) throw new Misuse(`a model is an object, not ${model === null ? 'null' : typeof model}`)
  if ('space' in model) return
  const given = model as Readonly<Record<string, unknown>>
  const wrong = ['initial', 'actions', 'next'].find((name) => typeof given[name] !== 'function')
  if (wrong !== undefined) throw new Misuse(`a model has a function '${wrong}', and this one has none`)
  if (!Array.isArray(given.properties)) throw new Misuse("a model has 'properties', a list of what must hold in it, and this one has none")
}

function searchOf(space: StateSpace, options: CheckOptions): Search {
  const limits: SearchLimits = {
    maxDepth: options.maxDepth ?? Number.POSITIVE_INFINITY,
    maxStates: options.maxStates ?? Number.POSITIVE_INFINITY,
    keepGoing: options.keepGoing ?? false,
    isExact: options.exact ?? false,
    ...(options.symmetry === undefined ? {} : { symmetry: options.symmetry }),
  }
  switch (options.search ?? 'bfs') {
    case 'bfs':
      return new BreadthFirst(space, limits)
    case 'dfs':
      return new DepthFirst(space, limits)
    case 'iterative':
      return new IterativeDeepening(space, limits)
    case 'random': {
      const walks = options.walks ?? 1_000
      if (!Number.isInteger(walks) || walks < 1) throw new Misuse(`random walks are counted from 1 on, not ${walks}`)
      return new RandomWalks(space, { ...limits, maxDepth: options.maxDepth ?? WALK_DEPTH }, rootKey(options.seed ?? '1'), walks)
    }
  }
}

/** Actions of a random walk at most, when nothing else is said: some models never end. */
const WALK_DEPTH = 1_000
