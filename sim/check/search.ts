import { Misuse } from '../host/errors.js'
import type { SeenStates } from './seen-states.js'
import { HEADER, type SpaceProperty, type StateSpace, Successors } from './state-space.js'
import { Visited, type VisitedOptions, type WayStep } from './visited.js'

export interface SearchLimits extends VisitedOptions {
  /** Actions from an initial state at most. */
  readonly maxDepth: number
  /** Unique states at most. */
  readonly maxStates: number
  /** Whether it goes on when nothing that is found could tell more. */
  readonly keepGoing: boolean
}

/** A property that a state decided: an `always` that it breaks, a `sometimes` that it meets; an `eventually` that a way avoids. */
export interface Found {
  readonly property: SpaceProperty
  readonly detail: string
  /** What was done, from an initial state to this one. */
  readonly actions: readonly unknown[]
  readonly state: unknown
  /** Of a way that goes on for ever: which of its states it comes back to. */
  readonly loopsTo?: number
}

/**
 * What all searches share: what has been visited, what was found, when it ends. A state is judged when it is taken up, not when it is first met, and a search ends
 * where Stateright's does: at a state that answers every property, or after a multiple of 1,500 states when all of them have been answered by several.
 */
export abstract class Search extends Successors {
  visited: Visited
  readonly #found = new Map<SpaceProperty, Found>()
  /** What was found and by which state, whose way is yet to be looked for. */
  readonly #late: { readonly property: SpaceProperty; readonly detail: string; readonly high: number; readonly low: number }[] = []
  generated = 0
  /** Actions to the farthest state that was taken up. */
  depth = 0
  /** Some state was left aside for a limit's sake. */
  isCut = false
  isDone = false
  /** States taken up. */
  taken = 0
  readonly #judged: readonly SpaceProperty[]
  /** Which of those that are judged were found. */
  readonly #isFound: boolean[]
  readonly #stated: number
  #plain: SeenStates | null
  readonly #maxStates: number
  /** Actions from an initial state, beyond which nothing is kept. */
  protected maxDepth: number
  /** The state that is expanded, as `visited` wants it. */
  protected parent: number | null = null
  /** Nothing is kept: it is only to be seen whether there was something new. */
  protected isProbing = false
  #ownHigh = 0
  #ownLow = 0
  #answered = 0

  constructor(
    readonly space: StateSpace,
    readonly limits: SearchLimits,
  ) {
    super()
    if (!(limits.maxDepth >= 0 && limits.maxStates >= 1))
      throw new Misuse(`a search to depth ${limits.maxDepth} and of ${limits.maxStates} states finds nothing`)
    this.visited = new Visited(space, limits)
    this.#plain = this.visited.plain
    this.#maxStates = limits.maxStates
    this.maxDepth = limits.maxDepth
    this.#stated = space.properties.filter(({ isUnasked }) => isUnasked !== true).length
    this.#judged = space.properties.filter(({ kind }) => kind !== 'eventually')
    this.#isFound = this.#judged.map(() => false)
  }

  /** Unique states, initial ones included. */
  get unique(): number {
    return this.visited.size
  }

  /** Takes up so many more states at most; `isDone` says whether that was all. */
  abstract advance(states: number): void

  /** Forgets what was visited. */
  protected renew(): void {
    this.visited = new Visited(this.space, this.limits)
    this.#plain = this.visited.plain
  }

  /** By property. Ways are looked for when somebody asks: the search is not held up by it, nor the code that it runs made for more than itself. */
  get found(): ReadonlyMap<SpaceProperty, Found> {
    for (const { property, detail, high, low } of this.#late.splice(0))
      this.#found.set(property, foundAlong(this.space, property, detail, this.visited.wayTo(this.words, 0, 0, high, low)))
    return this.#found
  }

  /** Whether the way to a state can be told as long as the search is there; otherwise only while it is taken up. */
  protected get keepsWays(): boolean {
    return this.#plain !== null
  }

  /** How a state that is being taken up was reached. */
  protected wayTo(words: Int32Array, at: number, length: number, high: number, low: number): readonly WayStep[] {
    return this.visited.wayTo(words, at, length, high, low)
  }

  override foresee(fingerprints: Int32Array, stride: number, end: number): void {
    this.#plain?.foresee(fingerprints, stride, end)
  }

  override admit(high: number, low: number): boolean {
    this.generated++
    // The state itself again.
    if (high === this.#ownHigh && low === this.#ownLow && this.parent !== null) return false
    const plain = this.#plain
    if (plain !== null) {
      if (this.isProbing || plain.size >= this.#maxStates) {
        if (!plain.has(high, low)) this.isCut = true
        return false
      }
      if (!plain.add(high, low, this.parent ?? low)) return false
    }
    this.high = high
    this.low = low
    return true
  }

  override commit(): void {
    if (this.#plain !== null) return
    const at = this.begun + HEADER
    const length = this.end - at
    const isFull = this.isProbing || this.visited.size >= this.#maxStates
    if (isFull) {
      if (!this.visited.has(this.words, at, length, this.high, this.low)) this.isCut = true
    } else if (this.visited.add(this.words, at, length, this.high, this.low, this.parent)) return
    this.space.release?.(this.words, at)
    this.end = this.begun
    this.dropped()
  }

  /** Told when a row that was admitted turned out to be none that is new. */
  protected dropped(): void {}

  /** Judges a state and what comes after it; `depth` actions led here. `planned`: which of the space's plans tells of it; -1: none. */
  protected take(words: Int32Array, at: number, depth: number, planned = -1): void {
    const length = words[at - 3] as number
    const high = words[at - 2] as number
    const low = words[at - 1] as number
    if (depth > this.depth) this.depth = depth
    if (this.isEnough(words, at)) {
      this.isDone = true
      this.isCut = true
      return
    }
    this.#ownHigh = high
    this.#ownLow = low
    this.parent = this.#plain === null ? this.visited.parent(words, at, length, high, low) : low
    this.isProbing = depth >= this.maxDepth
    if (this.isProbing) {
      // What lies beyond the bound is not counted.
      const { generated } = this
      if (!this.isCut) this.#unfold(words, at, length, high, low, planned)
      this.generated = generated
      return
    }
    this.#unfold(words, at, length, high, low, planned)
    if (this.isCut && this.visited.size >= this.#maxStates) this.isDone = true
    if (this.taken % BLOCK === 0 && this.isAnswered) {
      this.isDone = true
      this.isCut = true
    }
  }

  #unfold(words: Int32Array, at: number, length: number, high: number, low: number, planned: number): void {
    if (planned >= 0) this.space.ahead?.offer(planned, words, at, length, this)
    else this.space.expand(words, at, length, high, low, this)
  }

  /** Whether it pays to plan: fingerprints alone tell states apart, and soon there are so many that memory is waited for. */
  protected get isForesighted(): boolean {
    return this.#plain !== null && this.space.ahead !== undefined
  }

  /** Whether every property has its answer, and more is not asked for. */
  protected get isAnswered(): boolean {
    return !this.limits.keepGoing && this.#stated > 0 && this.#answered === this.#stated
  }

  /** Judges a state. Whether nothing is left to be found out. */
  protected isEnough(words: Int32Array, at: number): boolean {
    const length = words[at - 3] as number
    const high = words[at - 2] as number
    const low = words[at - 1] as number
    this.taken++
    const judged = this.#judged
    let hasFatal = false
    for (let i = 0; i < judged.length; i++) {
      const property = judged[i] as SpaceProperty
      if (this.#isFound[i]) continue
      const isAlways = property.kind === 'always'
      if (property.holds(words, at, length) === isAlways) continue
      const detail = isAlways ? property.explain(words, at, length) : `${property.name} holds`
      this.#isFound[i] = true
      if (this.keepsWays) this.#late.push({ property, detail, high, low })
      else this.#found.set(property, foundAlong(this.space, property, detail, this.wayTo(words, at, length, high, low)))
      if (property.isFatal === true) hasFatal = true
      else this.#answered++
    }
    if (this.limits.keepGoing) return false
    if (hasFatal) return true
    if (!this.isAnswered) return false
    return judged.every((property) => property.isUnasked === true || property.holds(words, at, length) !== (property.kind === 'always'))
  }
}

const BLOCK = 1_500
export function foundAlong(space: StateSpace, property: SpaceProperty, detail: string, way: readonly WayStep[]): Found {
  const { words } = way[way.length - 1] as WayStep
  return { property, detail, actions: way.slice(1).map(({ action }) => action), state: space.stateOf(words, HEADER, words[0] as number) }
}
