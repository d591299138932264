import { planAhead } from './plan-ahead.js'
import { SharedStates } from './shared-states.js'
import { HEADER, type StateSpace, Successors } from './state-space.js'

/** States between two looks at what others say. */
const TOLD = 256

/** What a thread tells of a part of a level. */
export interface LevelReport {
  /** False: the set of states is nearly full, or all are to stop, and rows of the level are left. */
  readonly isDone: boolean
  readonly taken: number
  readonly generated: number
  readonly added: number
  /** Rows of the next level so far. */
  readonly waiting: number
  /** By number of property: the state that decides it, the one with the least fingerprint. */
  readonly found: readonly { readonly property: number; readonly high: number; readonly low: number }[]
}

/** Words that threads share, beside the states: whether all are to stop, and then by thread what it added since it was asked. */
export class LevelControl {
  readonly words: Int32Array

  constructor(memory: number | SharedArrayBuffer) {
    this.words = new Int32Array(typeof memory === 'number' ? new SharedArrayBuffer(4 * (1 + memory)) : memory)
  }

  stop(): void {
    Atomics.store(this.words, 0, 1)
  }

  get isStopped(): boolean {
    return Atomics.load(this.words, 0) === 1
  }

  tell(thread: number, added: number): void {
    Atomics.store(this.words, 1 + thread, added)
  }

  /** What all threads added since they were asked. */
  get added(): number {
    let sum = 0
    for (let i = 1; i < this.words.length; i++) sum += Atomics.load(this.words, i)
    return sum
  }
}

/** A thread's share of a breadth-first search that goes level by level: all threads add to one set, and each takes up what it added. */
export class LevelSearch extends Successors {
  readonly space: StateSpace
  #states = new SharedStates(2)
  #level: Int32Array = new Int32Array(0)
  #levelEnd = 0
  #at = 0
  #depth = -1
  #rows = 0
  #parent = 0
  #isInitial = false
  #taken = 0
  #generated = 0
  #added = 0
  #room = 0
  /** The properties that are decided. */
  #decided: boolean[]
  readonly #found = new Map<number, { readonly high: number; readonly low: number }>()

  readonly #control: LevelControl
  readonly #thread: number

  constructor(space: StateSpace, control = new LevelControl(1), thread = 0) {
    super()
    this.space = space
    this.#control = control
    this.#thread = thread
    this.#decided = space.properties.map(() => false)
  }

  /** The set that all threads share, and how many states this one may add to it before it stops. */
  share(states: SharedStates, room: number): void {
    this.#states = states
    this.#room = room
  }

  /** Adds the initial states. */
  begin(): LevelReport {
    this.#isInitial = true
    this.space.initial(this)
    this.#isInitial = false
    return this.#report()
  }

  /** Turns to the next level. */
  nextLevel(decided: readonly boolean[]): void {
    const level = this.words
    this.words = this.#level.length === 0 ? new Int32Array(1 << 12) : (this.#level as Int32Array<ArrayBuffer>)
    this.#level = level
    this.#levelEnd = this.end
    this.#at = 0
    this.end = 0
    this.#rows = 0
    this.#depth++
    this.#decided = [...decided]
    this.#found.clear()
  }

  /** Takes up what is left of the level, until the set is nearly full or all are to stop. */
  run(): LevelReport {
    this.#taken = 0
    this.#generated = 0
    this.#added = 0
    const level = this.#level
    const { ahead } = this.space
    let planned = 0
    let plans = 0
    let untilTold = 0
    while (this.#at < this.#levelEnd && this.#added < this.#room) {
      if (untilTold-- === 0) {
        if (this.#control.isStopped) break
        this.#control.tell(this.#thread, this.#added)
        untilTold = TOLD
      }
      if (ahead !== undefined && planned === plans) {
        plans = planAhead(ahead, level, this.#at, this.#levelEnd, this)
        planned = 0
      }
      const at = this.#at + HEADER
      const length = level[at - 3] as number
      const high = level[at - 2] as number
      const low = level[at - 1] as number
      this.#at = at + length
      this.#taken++
      this.#judge(level, at, length, high, low)
      this.#parent = low
      if (ahead === undefined) this.space.expand(level, at, length, high, low, this)
      else ahead.offer(planned++, level, at, length, this)
      this.space.release?.(level, at)
    }
    return this.#report()
  }

  #report(): LevelReport {
    return {
      isDone: this.#at >= this.#levelEnd,
      taken: this.#taken,
      generated: this.#generated,
      added: this.#added,
      waiting: this.#rows,
      found: [...this.#found].map(([property, { high, low }]) => ({ property, high, low })),
    }
  }

  #judge(words: Int32Array, at: number, length: number, high: number, low: number): void {
    const { properties } = this.space
    for (let i = 0; i < properties.length; i++) {
      const property = properties[i] as (typeof properties)[number]
      if (this.#decided[i] || property.kind === 'eventually') continue
      if (property.holds(words, at, length) === (property.kind === 'always')) continue
      const known = this.#found.get(i)
      if (known !== undefined && (known.high < high || (known.high === high && known.low <= low))) continue
      this.#found.set(i, { high, low })
    }
  }

  override foresee(fingerprints: Int32Array, stride: number, end: number): void {
    this.#states.foresee(fingerprints, stride, end)
  }

  override admit(high: number, low: number): boolean {
    this.#generated++
    if (!this.#states.add(high, low, this.#isInitial ? low : this.#parent, this.#depth + 1)) return false
    this.#added++
    this.#rows++
    this.high = high
    this.low = low
    return true
  }

  override commit(): void {}

  /** Gives rows of the next level away. */
  give(count: number): unknown {
    let at = 0
    for (let i = 0; i < count && at < this.end; i++) at += HEADER + (this.words[at] as number)
    const given = this.words.slice(0, at)
    this.words.copyWithin(0, at, this.end)
    this.end -= at
    this.#rows -= count
    return this.space.pack?.(given)
  }

  /** Takes rows of the next level over from another thread. */
  adopt(packed: unknown): void {
    const rows = this.space.unpack?.(packed) as Int32Array
    if (this.end + rows.length > this.words.length) this.makeRoom(rows.length)
    this.words.set(rows, this.end)
    for (let at = 0; at < rows.length; at += HEADER + (rows[at] as number)) this.#rows++
    this.end += rows.length
  }
}
