import { CanonicalHasher } from './canonical-hash.js'
import { Interner } from './interner.js'
import type { Model } from './model.js'
import { HEADER, type SpaceProperty, type StateSpace, type Successors, type Symmetry } from './state-space.js'

/** A `Model` as a space: a row is the number under which the state is kept while it is needed; an exact one keeps all. */
export class ModelSpace<State, Action> implements StateSpace {
  readonly properties: readonly SpaceProperty[]
  readonly symmetry?: Symmetry<unknown>
  readonly #model: Model<State, Action>
  readonly #hasher = new CanonicalHasher()
  readonly #exact: Interner<unknown> | null
  readonly #states: (State | undefined)[] = []
  readonly #free: number[] = []

  constructor(model: Model<State, Action>, isExact: boolean) {
    this.#model = model
    this.#exact = isExact ? new Interner(true) : null
    this.symmetry = model.symmetry as Symmetry<unknown> | undefined
    this.properties = model.properties.map((property) => ({
      name: property.name,
      kind: property.kind,
      cycles: property.cycles,
      holds: (words: Int32Array, at: number) => property.holds(this.stateOf(words, at)),
      explain: (words: Int32Array, at: number) => property.explain?.(this.stateOf(words, at)) ?? `${property.name} does not hold`,
    }))
  }

  initial(out: Successors): void {
    for (const state of this.#model.initial()) {
      out.action = null
      this.#offer(state, out)
    }
  }

  expand(words: Int32Array, at: number, _length: number, _high: number, _low: number, out: Successors): void {
    const state = this.stateOf(words, at)
    for (const action of this.#model.actions(state)) {
      const after = this.#model.next(state, action)
      if (after === null) continue
      out.action = action
      this.#offer(after, out)
    }
  }

  #offer(state: State, out: Successors): void {
    if (this.#model.within?.(state) === false) return
    const key = this.#model.key === undefined ? state : this.#model.key(state)
    const { high, low } = this.#hasher.hash(key)
    if (!out.admit(high | 0, low | 0)) return
    const number = this.#exact === null ? (this.#free.pop() ?? this.#states.length) : this.#exact.number(key)
    this.#states[number] = state
    const at = out.reserve(1)
    out.words[at] = number
    out.commit()
  }

  stateOf(words: Int32Array, at: number): State {
    return this.#states[words[at] as number] as State
  }

  pack(rows: Int32Array): unknown {
    const states: unknown[] = []
    const packed = rows.slice()
    for (let at = 0; at < packed.length; at += HEADER + 1) {
      states.push(this.stateOf(rows, at + HEADER))
      this.release(rows, at + HEADER)
      packed[at + HEADER] = states.length - 1
    }
    return { rows: packed, states }
  }

  unpack(packed: unknown): Int32Array {
    const { rows, states } = packed as { readonly rows: Int32Array; readonly states: readonly State[] }
    for (let at = 0; at < rows.length; at += HEADER + 1) {
      const number = this.#free.pop() ?? this.#states.length
      this.#states[number] = states[rows[at + HEADER] as number]
      rows[at + HEADER] = number
    }
    return rows
  }

  release(words: Int32Array, at: number): void {
    if (this.#exact !== null) return
    const number = words[at] as number
    this.#states[number] = undefined
    this.#free.push(number)
  }

  describe(action: unknown): string {
    return this.#model.describe?.(action as Action) ?? JSON.stringify(action)
  }
}
