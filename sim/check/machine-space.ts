import { Misuse } from '../host/errors.js'
import { mix } from '../kernel/mix.js'
import { EMPTY } from './inboxes.js'
import { actionOf, describeAction } from './machine-action.js'
import type { MachineAction, MachineModelOptions } from './machine-model.js'
import type { MachineHarness, MachineInvariants, MachineNode } from './machine-node.js'
import { packRows, unpackRows } from './machine-packing.js'
import { runPrelude } from './machine-prelude.js'
import {
  DROP,
  DUPLICATE,
  dropCost,
  duplicateCost,
  FALLEN,
  fixedAt,
  LAST,
  MEMORY,
  MOST_SPENT,
  rowLength,
  SPENT,
  STEP,
  STEP_ARGUMENT,
  STEP_FALLEN,
  STEP_HAPPENING,
  STEP_ID,
  STEP_LAST,
  STEP_MEMORY,
  STEP_PLACE,
  STEP_SPENT,
  STEP_TRANSITION,
} from './machine-row.js'
import { AFTER, CONCERNS, HIGH, happenings, LOW, MachineTransitions, SENT_FROM, SENT_HIGH, SENT_LOW, SENT_TO } from './machine-transitions.js'
import { MachineViews } from './machine-view.js'
import { HAPPENING, OwnHappenings } from './own-happenings.js'
import { DELIVERY } from './places.js'
import type { LookAhead, SpaceProperty, StateSpace, Successors, Symmetry } from './state-space.js'
import { StepList } from './step-list.js'

/** A system of Machines as a space: a row is the numbers of its nodes with their inboxes, and of its memory. */
export class MachineSpace<Memory, S, M, D, I, C, E> implements StateSpace, LookAhead {
  readonly properties: readonly SpaceProperty[]
  readonly symmetry?: Symmetry<unknown>
  readonly transitions: MachineTransitions<Memory, S, M, D, I, C, E>
  readonly #options: MachineModelOptions<Memory, S, M, D, I, C>
  readonly #views: MachineViews<Memory, S, M, D, I, C, E>
  readonly #nodes: number
  /** Where the words behind the places begin, and where a row ends. */
  readonly #fixed: number
  readonly #length: number
  readonly #isUnordered: boolean
  readonly #own: OwnHappenings<Memory, S, M, D, I, C, E>
  readonly #planned = new StepList(STEP)
  readonly #present = new StepList(STEP)
  /** The one of the two that is added to. */
  #steps = this.#present
  /** The nodes after a step, for checks that look around. */
  readonly #around: Int32Array

  constructor(
    harness: MachineHarness<S, M, D, I, C, E>,
    invariants: MachineInvariants<Memory, S, M, D, I, C, E>,
    options: MachineModelOptions<Memory, S, M, D, I, C>,
    isExact: boolean,
  ) {
    const { nodes, network = 'unordered', duplicates = 0, drops = 0, crashes = 0 } = options
    for (const [name, value] of Object.entries({ nodes, duplicates, drops, crashes }))
      if (!Number.isInteger(value) || value < (name === 'nodes' ? 1 : 0) || value > MOST_SPENT)
        throw new Misuse(`${name} is a whole number up to ${MOST_SPENT}, not ${value}`)
    if (duplicates > 0 && network !== 'unordered') throw new Misuse(`duplicates are counted on an unordered network, not on one that is ${network}`)
    this.#options = options
    this.#nodes = nodes
    this.#fixed = fixedAt(nodes)
    this.#length = rowLength(nodes)
    this.#isUnordered = network === 'unordered'
    this.#around = new Int32Array(nodes)
    this.transitions = new MachineTransitions(harness, invariants, options, isExact)
    this.#own = new OwnHappenings(this.transitions)
    this.#views = new MachineViews(this.transitions)
    this.symmetry = options.symmetry as Symmetry<unknown> | undefined
    this.properties = this.#views.properties(options)
  }

  /** Whether a message stays on its way when it is delivered. */
  get repeatsMessages(): boolean {
    return this.transitions.inboxes.repeats
  }

  initial(out: Successors): void {
    const { nodes, places, memories, invariants } = this.transitions
    const row = new Int32Array(this.#length)
    for (let id = 0; id < this.#nodes; id++) row[id] = places.of(nodes.number(unbornNode<S, M, D, I, C>(id)), EMPTY)
    row[this.#nodes] = EMPTY
    row[this.#fixed + MEMORY] = memories.number(invariants.begin(this.#nodes))
    // What it is counted from: every change adds to it.
    const begun = runPrelude(this, row, this.#options)
    out.action = null
    if (!out.admit(begun[1] as number, begun[2] as number)) return
    const at = out.reserve(begun[0] as number)
    out.words.set(begun.subarray(3), at)
    out.commit()
  }

  /** Offers the state after something that happens to a node by itself. */
  offerOne(words: Int32Array, at: number, high: number, low: number, id: number, happening: number, argument: number, out: Successors): void {
    const { places } = this.transitions
    const transition = this.transitions.of(places.nodes[words[at + id] as number] as number, happening, argument)
    this.#steps = this.#present
    this.#steps.clear()
    if (transition >= 0) this.#step(words, at, high, low, id, transition, -1, happening, argument, 0)
    this.#offer(this.#steps, 0, this.#steps.end, words, at, out)
  }

  expand(words: Int32Array, at: number, _length: number, high: number, low: number, out: Successors): void {
    const steps = this.#present
    steps.clear()
    this.#steps = steps
    this.#list(words, at, high, low)
    out.foresee(steps.words, STEP, steps.end)
    this.#offer(steps, 0, steps.end, words, at, out)
  }

  get ahead(): LookAhead {
    return this
  }

  begin(): void {
    this.#planned.clear()
  }

  plan(words: Int32Array, at: number, _length: number, high: number, low: number): void {
    this.#steps = this.#planned
    this.#steps.beginState()
    this.#list(words, at, high, low)
  }

  foretell(out: Successors): void {
    out.foresee(this.#planned.words, STEP, this.#planned.end)
  }

  offer(index: number, words: Int32Array, at: number, _length: number, out: Successors): void {
    const planned = this.#planned
    this.#offer(planned, planned.begins[index] as number, planned.endOf(index), words, at, out)
  }

  /** Lists the steps that a state may take. */
  #list(words: Int32Array, at: number, high: number, low: number): void {
    const fixed = at + this.#fixed
    if (words[fixed + FALLEN] !== 0) return
    const spent = words[fixed + SPENT] as number
    const { isLossy = false, drops = 0 } = this.#options
    if (isLossy) this.#drop(words, at, high, low, 0)
    else if (((spent >> 8) & 255) < drops) this.#drop(words, at, high, low, dropCost)
    this.#deliver(words, at, high, low)
    const n = this.#nodes
    const { nodes } = this.transitions.places
    for (let id = 0; id < n; id++) {
      const list = this.#own.of(nodes[words[at + id] as number] as number, spent)
      const own = this.#own.words
      const end = list + 1 + HAPPENING * (own[list] as number)
      for (let i = list + 1; i < end; i += HAPPENING)
        this.#step(words, at, high, low, id, own[i + 2] as number, -1, own[i] as number, own[i + 1] as number, own[i + 3] as number)
    }
  }

  #deliver(words: Int32Array, at: number, high: number, low: number): void {
    const { places } = this.transitions
    const mayDuplicate = ((words[at + this.#fixed + SPENT] as number) & 255) < (this.#options.duplicates ?? 0)
    const end = places.gather(words, at, this.#nodes)
    const { gathered } = places
    for (let i = 0; i < end; i += DELIVERY) {
      const message = gathered[i] as number
      const transition = gathered[i + 1] as number
      const id = gathered[i + 3] as number
      this.#step(words, at, high, low, id, transition, gathered[i + 2] as number, happenings.message, message, 0)
      if (mayDuplicate) this.#step(words, at, high, low, id, transition, -1, DUPLICATE, message, duplicateCost)
    }
  }

  #drop(words: Int32Array, at: number, high: number, low: number, cost: number): void {
    const n = this.#nodes
    const { inboxes, order, places } = this.transitions
    const found: { readonly rank: number; readonly message: number; readonly id: number; readonly inbox: number; readonly after: number }[] = []
    for (let id = 0; id <= n; id++) {
      const place = words[at + id] as number
      const inbox = id < n ? (places.inboxes[place] as number) : place
      for (let i = inboxes.beginOf(inbox); i < inboxes.endOf(inbox); i++) {
        if (inboxes.isBehind(inbox, i)) continue
        const message = inboxes.words[i] as number
        found.push({ rank: order.ranks[message] as number, message, id, inbox, after: inboxes.without(inbox, i) })
      }
    }
    found.sort((a, b) => a.rank - b.rank)
    const fixed = at + this.#fixed
    const spent = words[fixed + SPENT] as number
    for (const { message, id, inbox, after } of found) {
      const h = high + (inboxes.highs[after] as number) - (inboxes.highs[inbox] as number) + spentHigh(spent + cost) - spentHigh(spent)
      const l = low + (inboxes.lows[after] as number) - (inboxes.lows[inbox] as number) + spentLow(spent + cost) - spentLow(spent)
      const step = this.#steps.add(h | 0, l | 0)
      const steps = this.#steps.words
      steps[step + STEP_HAPPENING] = DROP
      steps[step + STEP_ARGUMENT] = message
      steps[step + STEP_ID] = id
      steps[step + STEP_TRANSITION] = -1
      steps[step + STEP_PLACE] = id < n ? places.of(places.nodes[words[at + id] as number] as number, after) : after
      steps[step + STEP_MEMORY] = words[fixed + MEMORY] as number
      steps[step + STEP_SPENT] = spent + cost
      steps[step + STEP_LAST] = words[fixed + LAST] as number
      steps[step + STEP_FALLEN] = 0
    }
  }

  /** Notes the step of a node. `after`: its place after it took a message; -1: it took none. `cost` is what is spent. */
  #step(
    words: Int32Array,
    at: number,
    high: number,
    low: number,
    id: number,
    transition: number,
    after: number,
    happening: number,
    argument: number,
    cost: number,
  ): void {
    const n = this.#nodes
    const fixed = at + this.#fixed
    const { transitions } = this
    const fields = transitions.words
    let h = (high + (fields[transition + HIGH] as number)) | 0
    let l = (low + (fields[transition + LOW] as number)) | 0
    const memory = words[fixed + MEMORY] as number
    let memoryAfter = memory
    let fallen = -1
    if (fields[transition + CONCERNS] === 1) {
      const around = this.#around
      const { nodes } = transitions.places
      for (let i = 0; i < n; i++) around[i] = nodes[words[at + i] as number] as number
      around[id] = fields[transition + AFTER] as number
      const verdict = transitions.judge(memory, transition, around)
      memoryAfter = transitions.memoryAfter(verdict)
      fallen = transitions.fallenAfter(verdict)
      if (memoryAfter !== memory) {
        const { highs, lows } = transitions.memories
        h = (h + mix((highs[memoryAfter] as number) ^ MEMORY_WORD) - mix((highs[memory] as number) ^ MEMORY_WORD)) | 0
        l = (l + mix((lows[memoryAfter] as number) ^ MEMORY_WORD) - mix((lows[memory] as number) ^ MEMORY_WORD)) | 0
      }
      if (fallen >= 0) {
        h = (h + mix((transitions.fallen.highs[fallen] as number) ^ FALLEN_WORD)) | 0
        l = (l + mix((transitions.fallen.lows[fallen] as number) ^ FALLEN_WORD)) | 0
      }
    }
    const spent = words[fixed + SPENT] as number
    if (cost !== 0) {
      h = (h + spentHigh(spent + cost) - spentHigh(spent)) | 0
      l = (l + spentLow(spent + cost) - spentLow(spent)) | 0
    }
    let last = words[fixed + LAST] as number
    const { envelopes } = transitions
    if (this.#isUnordered) {
      // Sums do not ask what lies where: inboxes are put together for new states alone.
      h = (h + (fields[transition + SENT_HIGH] as number)) | 0
      l = (l + (fields[transition + SENT_LOW] as number)) | 0
      if (after >= 0) {
        h = (h - (envelopes.highs[argument] as number)) | 0
        l = (l - (envelopes.lows[argument] as number)) | 0
      }
    } else {
      const { inboxes, places, sent } = transitions
      const place = words[at + id] as number
      h = (h + this.#inboxChange(inboxes.highs, place, after >= 0 ? after : places.after(place, transition))) | 0
      l = (l + this.#inboxChange(inboxes.lows, place, after >= 0 ? after : places.after(place, transition))) | 0
      if (after >= 0 && inboxes.kind === 'duplicating') {
        const before = last
        last = argument + 1
        h = (h + lastWord(envelopes.highs, last) - lastWord(envelopes.highs, before)) | 0
        l = (l + lastWord(envelopes.lows, last) - lastWord(envelopes.lows, before)) | 0
      }
      const end = fields[transition + SENT_TO] as number
      for (let i = fields[transition + SENT_FROM] as number; i < end; i += 2) {
        const to = sent[i] as number
        const there = words[at + to] as number
        const before = to < n ? (places.inboxes[there] as number) : there
        const joined = inboxes.join(before, sent[i + 1] as number)
        h = (h + (inboxes.highs[joined] as number) - (inboxes.highs[before] as number)) | 0
        l = (l + (inboxes.lows[joined] as number) - (inboxes.lows[before] as number)) | 0
      }
    }
    const step = this.#steps.add(h, l)
    const steps = this.#steps.words
    steps[step + STEP_HAPPENING] = happening
    steps[step + STEP_ARGUMENT] = argument
    steps[step + STEP_ID] = id
    steps[step + STEP_TRANSITION] = transition
    steps[step + STEP_PLACE] = after
    steps[step + STEP_MEMORY] = memoryAfter
    steps[step + STEP_SPENT] = spent + cost
    steps[step + STEP_LAST] = last
    steps[step + STEP_FALLEN] = fallen + 1
  }

  #inboxChange(hashes: Int32Array, before: number, after: number): number {
    const { inboxes } = this.transitions.places
    return (hashes[inboxes[after] as number] as number) - (hashes[inboxes[before] as number] as number)
  }

  /** Offers the states after the steps that were listed. */
  #offer(list: StepList, begin: number, end: number, words: Int32Array, at: number, out: Successors): void {
    const steps = list.words
    for (let step = begin; step < end; step += STEP) {
      if (out.isNoting) out.action = actionOf(this.transitions, words, at, steps, step)
      if (!out.admit(steps[step] as number, steps[step + 1] as number)) continue
      this.#write(words, at, steps, step, out)
      out.commit()
    }
  }

  /** The row after a step. */
  #write(words: Int32Array, at: number, steps: Int32Array, step: number, out: Successors): void {
    const length = this.#length
    const n = this.#nodes
    const to = out.reserve(length)
    const row = out.words
    for (let i = 0; i < length; i++) row[to + i] = words[at + i] as number
    const id = steps[step + STEP_ID] as number
    const after = steps[step + STEP_PLACE] as number
    const transition = steps[step + STEP_TRANSITION] as number
    const { places, inboxes, sent, words: fields } = this.transitions
    row[to + id] = after >= 0 ? after : places.after(row[to + id] as number, transition)
    if (transition >= 0) {
      const end = fields[transition + SENT_TO] as number
      for (let i = fields[transition + SENT_FROM] as number; i < end; i += 2) {
        const receiver = sent[i] as number
        const before = row[to + receiver] as number
        row[to + receiver] = receiver < n ? places.join(before, sent[i + 1] as number) : inboxes.join(before, sent[i + 1] as number)
      }
    }
    const fixed = to + this.#fixed
    row[fixed + MEMORY] = steps[step + STEP_MEMORY] as number
    row[fixed + SPENT] = steps[step + STEP_SPENT] as number
    row[fixed + LAST] = steps[step + STEP_LAST] as number
    row[fixed + FALLEN] = steps[step + STEP_FALLEN] as number
  }

  pack(rows: Int32Array): unknown {
    return packRows(this.transitions, this.#nodes, rows)
  }

  unpack(packed: unknown): Int32Array {
    return unpackRows(this.transitions, this.#nodes, packed)
  }

  stateOf(words: Int32Array, at: number): unknown {
    return this.#views.of(words, at)
  }

  describe(action: unknown): string {
    return describeAction(action as MachineAction<M, I>, this.#options.describeMessage)
  }
}

/** Set the parts of a fingerprint apart from each other. */
const MEMORY_WORD = 0x3c6ef372
const FALLEN_WORD = 0x1f83d9ab
const LAST_WORD = 0x5be0cd19
const SPENT_WORD = 0x510e527f

const lastWord = (words: Int32Array, last: number): number => (last === 0 ? 0 : mix((words[last - 1] as number) ^ LAST_WORD))
const spentHigh = (spent: number): number => mix(spent + SPENT_WORD)
const spentLow = (spent: number): number => mix(Math.imul(spent + 1, 0x9e3779b1) ^ SPENT_WORD)

function unbornNode<S, M, D, I, C>(id: number): MachineNode<S, M, D, I, C> {
  return { id, up: false, incarnation: 0, state: null as S, durable: null, saves: [], held: [], timers: [], inputs: [] }
}
