import { Misuse } from '../host/errors.js'
import { CanonicalHasher } from './canonical-hash.js'
import { ExactStates } from './exact-states.js'
import { OrbitHasher } from './orbit.js'
import { SeenStates } from './seen-states.js'
import { AllSuccessors, HEADER, type StateSpace } from './state-space.js'

export interface VisitedOptions {
  /** States are compared whole: no collision of fingerprints hides one. */
  readonly isExact?: boolean
  /** Of the fingerprint, for an exact set: fewer make collisions, for tests. */
  readonly exactBits?: number
  /** States that differ in names alone are one: by the model's `representative`, or truly. */
  readonly symmetry?: 'representative' | 'orbits'
}

/** One step of a way: what was done, and the row that it led to. */
export interface WayStep {
  readonly action: unknown
  readonly words: Int32Array
}

/** The states that a search has met, whatever it is that tells them apart, and the ways to them. */
export class Visited {
  /** When fingerprints alone tell states apart: to be asked directly. */
  readonly plain: SeenStates | null
  readonly #seen = new SeenStates()
  readonly #exact: ExactStates | null
  readonly #identity: ((state: unknown) => { readonly high: number; readonly low: number }) | null
  readonly #space: StateSpace

  constructor(space: StateSpace, { isExact = false, exactBits, symmetry }: VisitedOptions) {
    this.#space = space
    if (isExact && symmetry !== undefined) throw new Misuse('an exact search compares states whole, and symmetry compares them by name: choose one of the two')
    this.#exact = isExact ? new ExactStates(exactBits) : null
    this.#identity = symmetry === undefined ? null : identityOf(space, symmetry)
    this.plain = this.#exact === null && this.#identity === null ? this.#seen : null
  }

  get size(): number {
    return this.#exact?.size ?? this.#seen.size
  }

  /** What `add` wants to be told of the state that others are reached from. */
  parent(words: Int32Array, at: number, length: number, high: number, low: number): number {
    if (this.#exact !== null) return this.#exact.find(fingerprintOf(high, low), words, at, length)
    return this.#identity === null ? low : this.#identity(this.#space.stateOf(words, at, length)).low | 0
  }

  /** Whether it is new. `parent` null: it is an initial one. */
  add(words: Int32Array, at: number, length: number, high: number, low: number, parent: number | null): boolean {
    if (this.#exact !== null) return this.#exact.add(fingerprintOf(high, low), words, at, length, parent ?? -1) >= 0
    if (this.#identity === null) return this.#seen.add(high, low, parent ?? low)
    const hash = this.#identity(this.#space.stateOf(words, at, length))
    return this.#seen.add(hash.high | 0, hash.low | 0, parent ?? hash.low | 0)
  }

  has(words: Int32Array, at: number, length: number, high: number, low: number): boolean {
    if (this.#exact !== null) return this.#exact.find(fingerprintOf(high, low), words, at, length) >= 0
    if (this.#identity === null) return this.#seen.has(high, low)
    const hash = this.#identity(this.#space.stateOf(words, at, length))
    return this.#seen.has(hash.high | 0, hash.low | 0)
  }

  /** How a state that was added was reached: from an initial one (whose action is null) on. Under symmetry it may end in another name of the state. */
  wayTo(words: Int32Array, at: number, length: number, high: number, low: number): WayStep[] {
    if (this.#exact !== null) {
      const exact = this.#exact
      const rows = exact.wayTo(exact.find(fingerprintOf(high, low), words, at, length))
      return this.#walk(rows.map((row) => (words, at, length) => exact.isAt(row, words, at, length)))
    }
    const hash = this.#identity === null ? { high, low } : this.#identity(this.#space.stateOf(words, at, length))
    for (const chain of this.#chains(hash.high | 0, hash.low | 0, 0)) {
      const matches = chain.map(([high, low]) => (words: Int32Array, at: number, length: number) => {
        const own = this.#identity?.(this.#space.stateOf(words, at, length))
        return (own === undefined ? words[at - 2] : own.high | 0) === high && (own === undefined ? words[at - 1] : own.low | 0) === low
      })
      const way = this.#tryWalk(matches)
      if (way !== null) return way
    }
    throw new Error('a state was visited and no way leads to it: the model answers differently when it is asked again')
  }

  /** All sequences of fingerprints that may have led here: nearly always one, since a low word nearly always has one state. */
  *#chains(high: number, low: number, depth: number): Generator<[number, number][]> {
    const parent = this.#seen.parentOf(high, low)
    if (parent === low) {
      yield [[high, low]]
      return
    }
    if (depth > this.#seen.size) return
    for (const before of this.#seen.withLow(parent)) for (const chain of this.#chains(before, parent, depth + 1)) yield [...chain, [high, low]]
  }

  #walk(matches: readonly Match[]): WayStep[] {
    const way = this.#tryWalk(matches)
    if (way === null) throw new Error('a state was visited and no way leads to it: the model answers differently when it is asked again')
    return way
  }

  #tryWalk(matches: readonly Match[]): WayStep[] | null {
    const way: WayStep[] = []
    for (const [i, match] of matches.entries()) {
      const out = new AllSuccessors()
      const before = way[i - 1]
      if (before === undefined) this.#space.initial(out)
      else expandRow(this.#space, before.words, out)
      const found = out.starts.findIndex((at) => match(out.words, at, out.words[at - HEADER] as number))
      if (found < 0) return null
      way.push({ action: out.actions[found], words: rowAt(out.words, out.starts[found] as number) })
    }
    return way
  }
}

/** The actions that lead along rows with their headers, from an initial one on. */
export function wayAlong(space: StateSpace, rows: readonly Int32Array[]): WayStep[] {
  return rows.map((words, i) => {
    const out = new AllSuccessors()
    const before = rows[i - 1]
    if (before === undefined) space.initial(out)
    else expandRow(space, before, out)
    const found = out.starts.findIndex((at) => out.words[at - 2] === words[1] && out.words[at - 1] === words[2])
    return { action: out.actions[found], words }
  })
}

type Match = (words: Int32Array, at: number, length: number) => boolean

const fingerprintOf = (high: number, low: number): number => high ^ low

/** A row with its header, by itself. */
export const rowAt = (words: Int32Array, at: number): Int32Array => words.slice(at - HEADER, at + (words[at - HEADER] as number))

export function expandRow(space: StateSpace, row: Int32Array, out: AllSuccessors): void {
  space.expand(row, HEADER, row[0] as number, row[1] as number, row[2] as number, out)
}

function identityOf(space: StateSpace, how: 'representative' | 'orbits'): (state: unknown) => { readonly high: number; readonly low: number } {
  const { symmetry } = space
  if (symmetry === undefined) throw new Misuse('the model does not say what its states may be renamed by: give it `symmetry`')
  if (how === 'orbits') {
    const hasher = new OrbitHasher(symmetry)
    return (state) => hasher.hash(state)
  }
  const { representative } = symmetry
  if (representative === undefined) throw new Misuse("the model's symmetry has no `representative`: count true orbits")
  const hasher = new CanonicalHasher()
  return (state) => hasher.hash(representative(state))
}
