import { Search } from './search.js'
import { HEADER } from './state-space.js'
import { rowAt } from './visited.js'

/** The state that was met last is taken up first. Ways are not the shortest; the frontier stays small. */
export class DepthFirst extends Search {
  /** Where each row of the stack begins, and how many actions led to it. */
  readonly #starts: number[] = []
  readonly #depths: number[] = []
  #childDepth = 0
  #hasBegun = false

  override advance(states: number): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true
      this.space.initial(this)
      this.#note(0)
    }
    for (let left = states; left > 0 && !this.isDone; left--) {
      const start = this.#starts.pop()
      if (start === undefined) {
        this.isDone = true
        return
      }
      const depth = this.#depths.pop() as number
      // What comes after it is written over it.
      const row = rowAt(this.words, start + HEADER)
      this.end = start
      this.#childDepth = depth + 1
      this.take(row, HEADER, depth)
      this.#note(start)
      this.space.release?.(row, HEADER)
    }
  }

  /** Rows that were written from `from` on are on the stack now. */
  #note(from: number): void {
    for (let at = from; at < this.end; at += HEADER + (this.words[at] as number)) {
      this.#starts.push(at)
      this.#depths.push(this.#childDepth)
    }
  }
}
