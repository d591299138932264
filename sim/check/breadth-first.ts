import { planAhead } from './plan-ahead.js'
import { Search } from './search.js'
import { HEADER } from './state-space.js'

/** Words of a part of the frontier. */
const CHUNK = 1 << 16
/** Of the first one: what happens at its end happens early, before code is made for what has happened so far. */
const FIRST_CHUNK = 1 << 10

interface Chunk {
  readonly words: Int32Array<ArrayBuffer>
  readonly end: number
}

/** In the order in which states were met: the way to a state is a shortest one. The frontier is a queue of chunks, each used again once it is done with. */
export class BreadthFirst extends Search {
  /** The chunk that is being taken up; later ones follow in `#queue`, and `words` is the last, which is being written. */
  #chunk: Chunk = { words: new Int32Array(0), end: 0 }
  #at = 0
  readonly #queue: Chunk[] = []
  #queueBegin = 0
  readonly #free: Int32Array<ArrayBuffer>[] = []
  #depth = -1
  /** Rows of the level that is being taken up, and of the next. */
  #leftOfLevel = 0
  #ofNextLevel = 0
  #hasBegun = false
  /** States that are planned for, and how many of them have been taken up. */
  #plans = 0
  #planned = 0

  override advance(states: number): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true
      this.words = new Int32Array(FIRST_CHUNK)
      this.space.initial(this)
    }
    for (let left = states; left > 0 && !this.isDone; left--) {
      if (this.#at === this.#chunk.end && !this.#nextChunk()) {
        this.isDone = true
        return
      }
      if (this.#planned === this.#plans) this.#plan()
      if (this.#leftOfLevel === 0) {
        this.#leftOfLevel = this.#ofNextLevel
        this.#ofNextLevel = 0
        this.#depth++
      }
      this.#leftOfLevel--
      const { words } = this.#chunk
      const at = this.#at + HEADER
      this.#at = at + (words[at - HEADER] as number)
      this.take(words, at, this.#depth, this.#plans === 0 ? -1 : this.#planned++)
      this.space.release?.(words, at)
    }
  }

  /** Plans for the states that are taken up next, in this chunk: what is known of all that comes after them is fetched at once. */
  #plan(): void {
    this.#plans = 0
    this.#planned = 0
    const { ahead } = this.space
    if (ahead === undefined || !this.isForesighted) return
    this.#plans = planAhead(ahead, this.#chunk.words, this.#at, this.#chunk.end, this)
  }

  override admit(high: number, low: number): boolean {
    if (!super.admit(high, low)) return false
    this.#ofNextLevel++
    return true
  }

  protected override dropped(): void {
    this.#ofNextLevel--
  }

  #nextChunk(): boolean {
    if (this.#chunk.words.length > 0) this.#free.push(this.#chunk.words)
    this.#at = 0
    const next = this.#queue[this.#queueBegin]
    if (next !== undefined) {
      this.#chunk = next
      this.#queueBegin++
      if (this.#queueBegin === 1_024) {
        this.#queue.splice(0, this.#queueBegin)
        this.#queueBegin = 0
      }
      return true
    }
    if (this.end === 0) {
      this.#chunk = { words: new Int32Array(0), end: 0 }
      return false
    }
    this.#chunk = { words: this.words, end: this.end }
    this.#fresh()
    return true
  }

  /** The chunk that is being written is full: another one is begun. */
  protected override makeRoom(least: number): void {
    if (this.end > 0) this.#queue.push({ words: this.words, end: this.end })
    this.#fresh()
    if (least > this.words.length) this.words = new Int32Array(least)
  }

  #fresh(): void {
    this.words = this.#free.pop() ?? new Int32Array(CHUNK)
    this.end = 0
  }
}
