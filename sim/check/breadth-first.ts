import { Search } from './search.js'
import { HEADER } from './state-space.js'

/** Level by level, in the order in which states were met: the way to a state is a shortest one. */
export class BreadthFirst extends Search {
  /** The level that is being taken up; the next one is written to `words`. */
  #level = new Int32Array(1 << 12)
  #levelEnd = 0
  #at = 0
  #depth = -1
  #hasBegun = false

  override advance(states: number): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true
      this.space.initial(this)
    }
    for (let left = states; left > 0 && !this.isDone; left--) {
      if (this.#at === this.#levelEnd && !this.#nextLevel()) {
        this.isDone = true
        return
      }
      const at = this.#at + HEADER
      this.#at = at + (this.#level[at - HEADER] as number)
      this.take(this.#level, at, this.#depth)
      this.space.release?.(this.#level, at)
    }
  }

  #nextLevel(): boolean {
    if (this.end === 0) return false
    const level = this.words
    this.words = this.#level
    this.#level = level
    this.#levelEnd = this.end
    this.#at = 0
    this.end = 0
    this.#depth++
    return true
  }
}
