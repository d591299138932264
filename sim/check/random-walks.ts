import { deriveKey, type Key } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import { Search, type SearchLimits } from './search.js'
import { AllSuccessors, HEADER, type StateSpace } from './state-space.js'
import { expandRow, rowAt, type WayStep } from './visited.js'

/** Walks from an initial state, each step drawn, to where nothing follows or to the greatest depth: for what is too large to be seen whole. */
export class RandomWalks extends Search {
  #way: WayStep[] = []
  #walk = 0
  #random: Stream

  constructor(
    space: StateSpace,
    limits: SearchLimits,
    readonly key: Key,
    readonly walks: number,
  ) {
    super(space, limits)
    // Nobody knows what was not walked through.
    this.isCut = true
    this.#random = new Stream(deriveKey(key, 0))
  }

  override advance(states: number): void {
    for (let left = states; left > 0 && !this.isDone; left--) {
      const last = this.#way[this.#way.length - 1]
      const out = new AllSuccessors()
      if (last === undefined) this.space.initial(out)
      else if (this.#way.length <= this.maxDepth) expandRow(this.space, last.words, out)
      this.generated += out.starts.length
      if (out.starts.length === 0) {
        this.#nextWalk()
        continue
      }
      const drawn = this.#random.int(out.starts.length)
      const at = out.starts[drawn] as number
      const words = rowAt(out.words, at)
      for (const other of out.starts) if (other !== at) this.space.release?.(out.words, other)
      const length = words[0] as number
      this.#way.push({ action: out.actions[drawn], words })
      this.visited.add(words, HEADER, length, words[1] as number, words[2] as number, null)
      if (this.#way.length - 1 > this.depth) this.depth = this.#way.length - 1
      if (this.isEnough(words, HEADER) || this.visited.size >= this.limits.maxStates) this.isDone = true
    }
  }

  #nextWalk(): void {
    this.#walk++
    for (const { words } of this.#way) this.space.release?.(words, HEADER)
    this.#way = []
    this.#random = new Stream(deriveKey(this.key, this.#walk))
    if (this.#walk >= this.walks) this.isDone = true
  }

  protected override get keepsWays(): boolean {
    return false
  }

  protected override wayTo(): readonly WayStep[] {
    return [...this.#way]
  }
}
