import { Misuse } from '../host/errors.js'
import { mix } from '../kernel/mix.js'
import { Interner, lengthened, Packer } from './interner.js'
import type { RuleModel, SpaceModel } from './model.js'
import { HEADER, type LookAhead, type SpaceProperty, type StateSpace, type Successors, type Symmetry } from './state-space.js'
import { StepList } from './step-list.js'
import { TripleTable } from './triple-table.js'

/** A model in parts, for `check`. */
export function ruleModel<Part, Action>(model: RuleModel<Part, Action>): SpaceModel<readonly Part[], Action> {
  return { space: (isExact) => new RuleSpace(model, isExact) }
}

/** Words of a step: the fingerprint of the state after it, its rule, and its number. */
const STEP = 4
const STEP_RULE = 2
const STEP_NUMBER = 3
/** Words of a known step: what it adds to a fingerprint, and the parts that its rule looks at, as they are after it. */
const KNOWN = 5

/** A `RuleModel` as a space: a row is the numbers of its parts. */
export class RuleSpace<Part, Action> implements StateSpace, LookAhead {
  readonly properties: readonly SpaceProperty[]
  readonly symmetry?: Symmetry<unknown>
  readonly #model: RuleModel<Part, Action>
  readonly #parts: Interner<Part>
  readonly #known: readonly TripleTable[]
  readonly #places: readonly (readonly number[])[]
  /** Known steps, those of one answer of a rule one after the other. */
  #steps = new Int32Array(KNOWN * 256)
  readonly #actions: Action[] = []
  /** By number of an answer: where its steps begin; those of the last end where all do. */
  readonly #firsts: number[] = [0]
  readonly #planned = new StepList(STEP)
  readonly #present = new StepList(STEP)
  readonly #values: Part[] = []

  constructor(model: RuleModel<Part, Action>, isExact: boolean) {
    this.#model = model
    this.#parts = new Interner(isExact)
    this.symmetry = model.symmetry as Symmetry<unknown> | undefined
    for (const { parts } of model.rules)
      if (parts.length < 1 || parts.length > 3 || new Set(parts).size < parts.length)
        throw new Misuse(`a rule looks at one, two or three parts, not at ${parts.join(', ') || 'none'}`)
    this.#known = model.rules.map(() => new TripleTable())
    this.#places = model.rules.map(({ parts }) => parts)
    this.properties = model.properties.map((property) => ({
      name: property.name,
      kind: property.kind,
      cycles: property.cycles,
      holds: (words: Int32Array, at: number, length: number) => property.holds(this.#lent(words, at, length)),
      explain: (words: Int32Array, at: number, length: number) => property.explain?.(this.#lent(words, at, length)) ?? `${property.name} does not hold`,
    }))
  }

  initial(out: Successors): void {
    for (const parts of this.#model.initial()) {
      let high = 0
      let low = 0
      const numbers = parts.map((part, place) => {
        const number = this.#parts.number(part)
        high = (high + this.#high(number, place)) | 0
        low = (low + this.#low(number, place)) | 0
        return number
      })
      out.action = null
      if (!out.admit(high, low)) continue
      const at = out.reserve(numbers.length)
      out.words.set(numbers, at)
      out.commit()
    }
  }

  expand(words: Int32Array, at: number, length: number, high: number, low: number, out: Successors): void {
    this.#present.clear()
    this.#list(this.#present, words, at, high, low)
    this.#offer(this.#present, 0, this.#present.end, words, at, length, out)
  }

  get ahead(): LookAhead {
    return this
  }

  begin(): void {
    this.#planned.clear()
  }

  plan(words: Int32Array, at: number, _length: number, high: number, low: number): void {
    this.#planned.beginState()
    this.#list(this.#planned, words, at, high, low)
  }

  foretell(out: Successors): void {
    out.foresee(this.#planned.words, STEP, this.#planned.end)
  }

  offer(index: number, words: Int32Array, at: number, length: number, out: Successors): void {
    this.#offer(this.#planned, this.#planned.begins[index] as number, this.#planned.endOf(index), words, at, length, out)
  }

  #list(list: StepList, words: Int32Array, at: number, high: number, low: number): void {
    const places = this.#places
    for (let r = 0; r < places.length; r++) {
      const parts = places[r] as readonly number[]
      const a = words[at + (parts[0] as number)] as number
      const b = parts.length > 1 ? (words[at + (parts[1] as number)] as number) : 0
      const c = parts.length > 2 ? (words[at + (parts[2] as number)] as number) : 0
      const table = this.#known[r] as TripleTable
      let known = table.get(a, b, c)
      if (known < 0) {
        known = this.#compute(r, [a, b, c].slice(0, parts.length))
        table.set(a, b, c, known)
      }
      const steps = this.#steps
      const end = this.#firsts[known + 1] as number
      for (let step = this.#firsts[known] as number; step < end; step++) {
        const to = list.add((high + (steps[step * KNOWN] as number)) | 0, (low + (steps[step * KNOWN + 1] as number)) | 0)
        list.words[to + STEP_RULE] = r
        list.words[to + STEP_NUMBER] = step
      }
    }
  }

  #offer(list: StepList, begin: number, end: number, words: Int32Array, at: number, length: number, out: Successors): void {
    const listed = list.words
    for (let i = begin; i < end; i += STEP) {
      const step = listed[i + STEP_NUMBER] as number
      if (out.isNoting) out.action = this.#actions[step]
      if (!out.admit(listed[i] as number, listed[i + 1] as number)) continue
      const to = out.reserve(length)
      const row = out.words
      for (let k = 0; k < length; k++) row[to + k] = words[at + k] as number
      const parts = this.#places[listed[i + STEP_RULE] as number] as readonly number[]
      const steps = this.#steps
      for (let k = 0; k < parts.length; k++) row[to + (parts[k] as number)] = steps[step * KNOWN + 2 + k] as number
      out.commit()
    }
  }

  /** Notes what a rule makes of some parts; answers the number of its answer. */
  #compute(r: number, numbers: readonly number[]): number {
    const rule = this.#model.rules[r] as RuleModel<Part, Action>['rules'][number]
    for (const { action, parts } of rule.steps(...numbers.map((number) => this.#parts.value(number)))) {
      if (parts.length !== numbers.length) throw new Misuse(`a rule that looks at ${numbers.length} parts answers ${parts.length}`)
      let high = 0
      let low = 0
      const values = parts.map((part, k) => {
        const place = rule.parts[k] as number
        const number = this.#parts.number(part)
        high = (high + this.#high(number, place) - this.#high(numbers[k] as number, place)) | 0
        low = (low + this.#low(number, place) - this.#low(numbers[k] as number, place)) | 0
        return number
      })
      const at = KNOWN * (this.#actions.push(action) - 1)
      if (at + KNOWN > this.#steps.length) this.#steps = lengthened(this.#steps, this.#steps.length * 2)
      this.#steps.set([high, low, ...values], at)
    }
    return this.#firsts.push(this.#actions.length) - 2
  }

  // The fingerprint of a state is the sum of what each part, in its place, adds to it: a step changes it by what its parts change.

  #high(number: number, place: number): number {
    return mix((this.#parts.highs[number] as number) + Math.imul(place + 1, 0x9e3779b1))
  }

  #low(number: number, place: number): number {
    return mix((this.#parts.lows[number] as number) ^ Math.imul(place + 1, 0x85ebca6b))
  }

  /** Only lent: the next state is put in the same list. */
  #lent(words: Int32Array, at: number, length: number): readonly Part[] {
    const values = this.#values
    for (let i = 0; i < length; i++) values[i] = this.#parts.value(words[at + i] as number)
    values.length = length
    return values
  }

  stateOf(words: Int32Array, at: number, length: number): readonly Part[] {
    return this.#lent(words, at, length).slice()
  }

  pack(rows: Int32Array): unknown {
    const packer = new Packer(this.#parts)
    const packed = rows.slice()
    for (let at = 0; at < rows.length; ) {
      const end = at + HEADER + (rows[at] as number)
      for (let i = at + HEADER; i < end; i++) packed[i] = packer.number(rows[i] as number)
      at = end
    }
    return { rows: packed, parts: packer.values }
  }

  unpack(packed: unknown): Int32Array {
    const { rows, parts } = packed as { readonly rows: Int32Array; readonly parts: readonly Part[] }
    const numbers = parts.map((part) => this.#parts.number(part))
    for (let at = 0; at < rows.length; ) {
      const end = at + HEADER + (rows[at] as number)
      for (let i = at + HEADER; i < end; i++) rows[i] = numbers[rows[i] as number] as number
      at = end
    }
    return rows
  }

  describe(action: unknown): string {
    return this.#model.describe?.(action as Action) ?? JSON.stringify(action)
  }
}
