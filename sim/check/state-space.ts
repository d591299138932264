/**
 * What the searches explore: states as rows of 32-bit words, so that a frontier is one typed array and nothing is allocated for a state. A space knows what the
 * words mean; a search knows only their fingerprints.
 */
export interface StateSpace {
  readonly properties: readonly SpaceProperty[]
  /** Offers the states that it may all begin with. */
  initial(out: Successors): void
  /** Offers, in a fixed order, what may come after the state in `words` from `at` on. */
  expand(words: Int32Array, at: number, length: number, high: number, low: number, out: Successors): void
  /** For a search that knows which states it takes up next: what comes after them in two parts, so that it can `foresee` all of it at once. */
  readonly ahead?: LookAhead
  /** The state as plain data. */
  stateOf(words: Int32Array, at: number, length: number): unknown
  /** How a state is renamed, for symmetry; over what `stateOf` gives. */
  readonly symmetry?: Symmetry<unknown>
  /** One line for an action. */
  describe(action: unknown): string
  /** Rows with their headers as plain data that another thread's space of the same model can `unpack`. */
  pack?(rows: Int32Array): unknown
  unpack?(packed: unknown): Int32Array
  /** Told when a state is not needed any more. */
  release?(words: Int32Array, at: number): void
}

/** Plans what comes after some states, and offers it later, state by state. An `expand` between leaves plans as they are. */
export interface LookAhead {
  /** Forgets all plans. */
  begin(): void
  /** Plans what comes after one more state. */
  plan(words: Int32Array, at: number, length: number, high: number, low: number): void
  /** Tells of all that is planned. */
  foretell(out: Successors): void
  /** Offers what comes after a state, which was the `index`-th to be planned, counted from 0 on. */
  offer(index: number, words: Int32Array, at: number, length: number, out: Successors): void
}

export type PropertyKind = 'always' | 'sometimes' | 'eventually'

/** Something that is stated of the states of a space. */
export interface SpaceProperty {
  readonly name: string
  readonly kind: PropertyKind
  /** Of an `eventually`: it must hold on ways that never end, too. */
  readonly cycles?: boolean
  /** A search ends when it falls. */
  readonly isFatal?: boolean
  /** A search does not wait for its answer: nobody asked. */
  readonly isUnasked?: boolean
  holds(words: Int32Array, at: number, length: number): boolean
  /** What is wrong with a state in which it does not hold. */
  explain(words: Int32Array, at: number, length: number): string
}

/** Of what states may be renamed without a difference: `size` things, numbered from 0 on. */
export interface Symmetry<State> {
  readonly size: number
  /** The state in which thing i is called permutation[i]. */
  permute(state: State, permutation: readonly number[]): State
  /** Something about thing i that renaming carries along: things that differ in it are never confused. It spares permutations. */
  signature?(state: State, thing: number): string | number
  /** One of the states that differ in names alone, found by sorting; perhaps not the same one for all of them. Without it `--symmetry` counts true orbits. */
  representative?(state: State): State
}

/** Words before the content of a row: its length and its fingerprint. */
export const HEADER = 3

/** Where a space puts the states that it offers: `admit` says whether one is wanted, `reserve` makes room for its words, `commit` ends it. */
export abstract class Successors {
  words: Int32Array<ArrayBuffer> = new Int32Array(1 << 12)
  /** Where the next row begins. */
  end = 0
  /** Whether `action` is to be set before a state is offered. */
  isNoting = false
  action: unknown = null
  protected high = 0
  protected low = 0
  /** Where the row begins that is being written. */
  protected begun = 0

  /**
   * Told of the states that will be offered next, by fingerprints that lie `stride` words apart, to fetch from memory what it knows of them: all at once takes hardly longer
   * than one.
   */
  foresee(_fingerprints: Int32Array, _stride: number, _end: number): void {}

  /** Whether the state with this fingerprint is to be written. */
  abstract admit(high: number, low: number): boolean
  abstract commit(): void

  /** Room for so many words; answers where the first goes. */
  reserve(length: number): number {
    if (this.end + HEADER + length > this.words.length) this.makeRoom(HEADER + length)
    const at = this.end + HEADER
    const { words } = this
    this.begun = this.end
    words[at - 3] = length
    words[at - 2] = this.high
    words[at - 1] = this.low
    this.end = at + length
    return at
  }

  /** So many words more. */
  protected makeRoom(least: number): void {
    const longer = new Int32Array(Math.max(this.end + least, this.words.length * 2))
    longer.set(this.words.subarray(0, this.end))
    this.words = longer
  }
}

/** Keeps all that is offered, with its action: for initial states, ways and replays. */
export class AllSuccessors extends Successors {
  readonly starts: number[] = []
  readonly actions: unknown[] = []

  constructor() {
    super()
    this.isNoting = true
  }

  override admit(high: number, low: number): boolean {
    this.high = high
    this.low = low
    return true
  }

  override commit(): void {
    this.starts.push(this.begun + HEADER)
    this.actions.push(this.action)
  }
}
