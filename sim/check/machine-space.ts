import { Misuse } from '../host/errors.js'
import { EMPTY } from './inboxes.js'
import { actionOf, describeAction } from './machine-action.js'
import type { MachineAction, MachineModelOptions } from './machine-model.js'
import { type MachineHarness, type MachineInvariants, unbornNode } from './machine-node.js'
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
  lastWord,
  MEMORY,
  MOST_SPENT,
  rowLength,
  SPENT,
  STEP,
  STEP_ARGUMENT,
  STEP_COST,
  STEP_HAPPENING,
  STEP_ID,
  STEP_PLACE,
  STEP_TRANSITION,
  STEP_VERDICT,
  spentHigh,
  spentLow,
} from './machine-row.js'
import {
  CONCERNS,
  HIGH,
  happenings,
  LOW,
  MachineTransitions,
  SENT_FROM,
  SENT_TO,
  VERDICT_FALLEN,
  VERDICT_HIGH,
  VERDICT_LOW,
  VERDICT_MEMORY,
} from './machine-transitions.js'
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
  readonly #isDuplicating: boolean
  /** A delivery is nothing but that: it costs nothing, and its message is gone. */
  readonly #isSimple: boolean
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
    this.#isDuplicating = network === 'duplicating'
    this.#isSimple = this.#isUnordered && duplicates === 0
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
    const end = places.gather(words, at, this.#nodes)
    if (this.#isSimple) {
      this.#deliverSimply(words, at, high, low, end)
      return
    }
    const mayDuplicate = ((words[at + this.#fixed + SPENT] as number) & 255) < (this.#options.duplicates ?? 0)
    const { gathered } = places
    for (let i = 0; i < end; i += DELIVERY) {
      const message = gathered[i] as number
      const transition = gathered[i + 1] as number
      const id = gathered[i + 3] as number
      this.#step(words, at, high, low, id, transition, gathered[i + 2] as number, happenings.message, message, 0)
      if (mayDuplicate) this.#step(words, at, high, low, id, transition, -1, DUPLICATE, message, duplicateCost)
    }
  }

  /** As `#step` does it, where a delivery changes nothing but the node and its inbox, those of others, and the memory: by far the most steps are such ones. */
  #deliverSimply(words: Int32Array, at: number, high: number, low: number, end: number): void {
    const list = this.#steps
    const { words: fields, places } = this.transitions
    const { gathered } = places
    for (let i = 0; i < end; i += DELIVERY) {
      const transition = gathered[i + 1] as number
      let h = (high + (fields[transition + HIGH] as number)) | 0
      let l = (low + (fields[transition + LOW] as number)) | 0
      let verdict = -1
      if (fields[transition + CONCERNS] === 1) {
        verdict = this.#judge(words, at, gathered[i + 3] as number, transition)
        const { verdicts } = this.transitions
        h = (h + (verdicts[verdict + VERDICT_HIGH] as number)) | 0
        l = (l + (verdicts[verdict + VERDICT_LOW] as number)) | 0
      }
      const step = list.add(h, l)
      const steps = list.words
      steps[step + STEP_ID] = gathered[i + 3] as number
      steps[step + STEP_TRANSITION] = transition
      steps[step + STEP_PLACE] = gathered[i + 2] as number
      steps[step + STEP_VERDICT] = verdict
      steps[step + STEP_HAPPENING] = happenings.message
      steps[step + STEP_ARGUMENT] = gathered[i] as number
      steps[step + STEP_COST] = 0
    }
  }

  /** The verdict on a step of a node. */
  #judge(words: Int32Array, at: number, id: number, transition: number): number {
    const { transitions } = this
    const memory = words[at + this.#fixed + MEMORY] as number
    const known = transitions.verdictOf(memory, transition)
    if (known >= 0) return known
    const around = this.#around
    const { nodes } = transitions.places
    for (let i = 0; i < around.length; i++) around[i] = nodes[words[at + i] as number] as number
    around[id] = transitions.nodeAfter(transition)
    return transitions.judge(memory, transition, around)
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
      steps[step + STEP_ID] = id
      steps[step + STEP_TRANSITION] = -1
      steps[step + STEP_PLACE] = id < n ? places.of(places.nodes[words[at + id] as number] as number, after) : after
      steps[step + STEP_VERDICT] = -1
      steps[step + STEP_HAPPENING] = DROP
      steps[step + STEP_ARGUMENT] = message
      steps[step + STEP_COST] = cost
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
    const { transitions } = this
    const fields = transitions.words
    let h = (high + (fields[transition + HIGH] as number)) | 0
    let l = (low + (fields[transition + LOW] as number)) | 0
    let verdict = -1
    if (fields[transition + CONCERNS] === 1) {
      verdict = this.#judge(words, at, id, transition)
      const { verdicts } = transitions
      h = (h + (verdicts[verdict + VERDICT_HIGH] as number)) | 0
      l = (l + (verdicts[verdict + VERDICT_LOW] as number)) | 0
    }
    if (cost !== 0) {
      const spent = words[at + this.#fixed + SPENT] as number
      h = (h + spentHigh(spent + cost) - spentHigh(spent)) | 0
      l = (l + spentLow(spent + cost) - spentLow(spent)) | 0
    }
    if (!this.#isUnordered) {
      h = (h + this.#networkChange(words, at, id, transition, after, argument, 'highs')) | 0
      l = (l + this.#networkChange(words, at, id, transition, after, argument, 'lows')) | 0
    } else if (happening === DUPLICATE) {
      // The transition takes its message away: it stays.
      h = (h + (transitions.envelopes.highs[argument] as number)) | 0
      l = (l + (transitions.envelopes.lows[argument] as number)) | 0
    }
    const step = this.#steps.add(h, l)
    const steps = this.#steps.words
    steps[step + STEP_ID] = id
    steps[step + STEP_TRANSITION] = transition
    steps[step + STEP_PLACE] = after
    steps[step + STEP_VERDICT] = verdict
    steps[step + STEP_HAPPENING] = happening
    steps[step + STEP_ARGUMENT] = argument
    steps[step + STEP_COST] = cost
  }

  /** What a step adds to a fingerprint by messages, on a network where it matters more of them than which there are. */
  #networkChange(words: Int32Array, at: number, id: number, transition: number, after: number, argument: number, word: 'highs' | 'lows'): number {
    const { words: fields, inboxes, places, sent, envelopes } = this.transitions
    const place = words[at + id] as number
    const next = after >= 0 ? after : places.after(place, transition)
    const hashes = inboxes[word]
    let change = (hashes[places.inboxes[next] as number] as number) - (hashes[places.inboxes[place] as number] as number)
    if (after >= 0 && inboxes.kind === 'duplicating')
      change += lastWord(envelopes[word], argument + 1) - lastWord(envelopes[word], words[at + this.#fixed + LAST] as number)
    const end = fields[transition + SENT_TO] as number
    for (let i = fields[transition + SENT_FROM] as number; i < end; i += 2) {
      const to = sent[i] as number
      const there = words[at + to] as number
      const before = to < this.#nodes ? (places.inboxes[there] as number) : there
      const joined = inboxes.join(before, sent[i + 1] as number)
      change += (inboxes[word][joined] as number) - (inboxes[word][before] as number)
    }
    return change | 0
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
    const verdict = steps[step + STEP_VERDICT] as number
    if (verdict >= 0) {
      const { verdicts } = this.transitions
      row[fixed + MEMORY] = verdicts[verdict + VERDICT_MEMORY] as number
      row[fixed + FALLEN] = verdicts[verdict + VERDICT_FALLEN] as number
    }
    const cost = steps[step + STEP_COST] as number
    if (cost !== 0) row[fixed + SPENT] = (row[fixed + SPENT] as number) + cost
    if (this.#isDuplicating && transition >= 0 && after >= 0) row[fixed + LAST] = (steps[step + STEP_ARGUMENT] as number) + 1
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
