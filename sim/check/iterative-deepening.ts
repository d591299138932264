import { Misuse } from '../host/errors.js'
import { Search, type SearchLimits } from './search.js'
import { SeenStates } from './seen-states.js'
import { HEADER, type StateSpace } from './state-space.js'
import { rowAt, type WayStep, wayAlong } from './visited.js'

/**
 * Depth first to depth 0, then to depth 1, and so on: shortest ways as breadth first finds them, with the small frontier of depth first, for more time. A state is
 * taken up again where it is met at a smaller depth than before.
 */
export class IterativeDeepening extends Search {
  #seen = new SeenStates()
  readonly #starts: number[] = []
  readonly #depths: number[] = []
  /** Rows from the initial state to the one that is taken up. */
  #path: Int32Array[] = []
  #childDepth = 0
  #hasBegun = false
  readonly #deepest: number

  constructor(space: StateSpace, limits: SearchLimits) {
    super(space, limits)
    if (limits.isExact || limits.symmetry !== undefined) throw new Misuse('iterative deepening tells states apart by their fingerprints alone')
    this.#deepest = limits.maxDepth
    this.maxDepth = 0
  }

  override get unique(): number {
    return this.#seen.size
  }

  override advance(states: number): void {
    for (let left = states; left > 0 && !this.isDone; left--) {
      if (!this.#hasBegun) this.#begin()
      const start = this.#starts.pop()
      if (start === undefined) {
        this.#deepen()
        continue
      }
      const depth = this.#depths.pop() as number
      const row = rowAt(this.words, start + HEADER)
      this.end = start
      this.#path.length = depth
      this.#path.push(row)
      this.#childDepth = depth + 1
      this.take(row, HEADER, depth)
      this.#note(start)
      this.space.release?.(row, HEADER)
    }
  }

  #begin(): void {
    this.#hasBegun = true
    this.#childDepth = 0
    this.isProbing = false
    this.space.initial(this)
    this.#note(0)
  }

  /** One action deeper, if there is anything. */
  #deepen(): void {
    if (!this.isCut || this.maxDepth >= this.#deepest) {
      this.isDone = true
      return
    }
    this.maxDepth++
    this.isCut = false
    this.#seen = new SeenStates()
    this.#path = []
    this.end = 0
    this.#hasBegun = false
  }

  override admit(high: number, low: number): boolean {
    this.generated++
    if (this.isProbing || this.#seen.size >= this.limits.maxStates) {
      if (!this.#seen.has(high, low)) this.isCut = true
      return false
    }
    if (!this.#seen.reach(high, low, this.#childDepth)) return false
    this.high = high
    this.low = low
    return true
  }

  protected override get keepsWays(): boolean {
    return false
  }

  protected override wayTo(): readonly WayStep[] {
    return wayAlong(this.space, this.#path)
  }

  #note(from: number): void {
    for (let at = from; at < this.end; at += HEADER + (this.words[at] as number)) {
      this.#starts.push(at)
      this.#depths.push(this.#childDepth)
    }
  }
}
