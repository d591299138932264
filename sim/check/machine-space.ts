import { Misuse } from '../host/errors.js'
import { mix } from '../kernel/mix.js'
import type { MachineAction, MachineModelOptions } from './machine-model.js'
import type { MachineHarness, MachineInvariants, MachineNode } from './machine-node.js'
import { packRows, unpackRows } from './machine-packing.js'
import { runPrelude } from './machine-prelude.js'
import { crashCost, dropCost, duplicateCost, FALLEN, FIXED, inputCost, LAST, MEMORY, MOST_SPENT, SPENT } from './machine-row.js'
import { AFTER, CONCERNS, choiceArgument, HIGH, happenings, LOW, MachineTransitions, SENT_FROM, SENT_HIGH, SENT_LOW, SENT_TO } from './machine-transitions.js'
import { MachineViews } from './machine-view.js'
import { NetworkDraft } from './network-draft.js'
import type { SpaceProperty, StateSpace, Successors, Symmetry } from './state-space.js'

/** A system of Machines as a space: a row is the numbers of its nodes, its memory and its messages. */
export class MachineSpace<Memory, S, M, D, I, C, E> implements StateSpace {
  readonly properties: readonly SpaceProperty[]
  readonly symmetry?: Symmetry<unknown>
  readonly transitions: MachineTransitions<Memory, S, M, D, I, C, E>
  readonly #options: MachineModelOptions<Memory, S, M, D, I, C>
  readonly #views: MachineViews<Memory, S, M, D, I, C, E>
  readonly #nodes: number
  readonly #draft: NetworkDraft<M>
  readonly #isUnordered: boolean
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
    this.#isUnordered = network === 'unordered'
    this.#around = new Int32Array(nodes)
    this.transitions = new MachineTransitions(harness, invariants, options, isExact)
    this.#draft = new NetworkDraft(network, this.transitions.envelopes, this.transitions.order)
    this.#views = new MachineViews(this.transitions)
    this.symmetry = options.symmetry as Symmetry<unknown> | undefined
    this.properties = this.#views.properties(options)
  }

  /** Whether a message stays on its way when it is delivered. */
  get repeatsMessages(): boolean {
    return this.#draft.kind === 'set' || this.#draft.kind === 'duplicating'
  }

  initial(out: Successors): void {
    const { nodes, memories, invariants } = this.transitions
    const unborn = Array.from({ length: this.#nodes }, (_, id) => nodes.number(unbornNode<S, M, D, I, C>(id)))
    const row = Int32Array.of(...unborn, memories.number(invariants.begin(this.#nodes)), 0, 0, 0)
    // What it is counted from: every change adds to it.
    const begun = runPrelude(this, row, this.#options)
    out.action = null
    if (!out.admit(begun[1] as number, begun[2] as number)) return
    const at = out.reserve(begun[0] as number)
    out.words.set(begun.subarray(3), at)
    out.commit()
  }

  /** Offers the state after something that happens to a node by itself. */
  offerOne(
    words: Int32Array,
    at: number,
    length: number,
    high: number,
    low: number,
    id: number,
    happening: number,
    argument: number,
    cost: number,
    out: Successors,
  ): void {
    const transition = this.transitions.of(words[at + id] as number, happening, argument)
    if (transition >= 0) this.#step(words, at, length, high, low, id, transition, -1, cost, out)
  }

  expand(words: Int32Array, at: number, length: number, high: number, low: number, out: Successors): void {
    const n = this.#nodes
    const first = at + n + FIXED
    if (words[at + n + FALLEN] !== 0) return
    const end = at + length
    const spent = words[at + n + SPENT] as number
    const { isLossy = false, drops = 0, duplicates = 0 } = this.#options
    if (isLossy) this.#offerDrops(words, at, length, high, low, 0, out)
    else if (((spent >> 8) & 255) < drops) this.#offerDrops(words, at, length, high, low, dropCost, out)
    const { envelopes, order } = this.transitions
    for (let i = first; i < end; i++) {
      if (this.#isBehind(words, i, first)) continue
      const number = words[i] as number
      const to = order.to[number] as number
      if (to >= n) continue
      const transition = this.transitions.of(words[at + to] as number, happenings.message, number)
      if (transition < 0) continue
      if (out.isNoting) out.action = { kind: 'deliver', ...envelopes.value(number) }
      this.#step(words, at, length, high, low, to, transition, i, 0, out)
      if ((spent & 255) >= duplicates) continue
      if (out.isNoting) out.action = { kind: 'duplicate', ...envelopes.value(number) }
      this.#step(words, at, length, high, low, to, transition, -1, duplicateCost, out)
    }
    for (let id = 0; id < n; id++) this.#offerOwn(words, at, length, high, low, id, out)
  }

  /** Whether the message before it stands for it: an equal one, or one that has to be delivered first. */
  #isBehind(words: Int32Array, i: number, first: number): boolean {
    if (i === first) return false
    return this.#draft.kind === 'ordered' ? this.#draft.isOneChannel(words[i - 1] as number, words[i] as number) : words[i - 1] === words[i]
  }

  /** What happens to a node without a message. */
  #offerOwn(words: Int32Array, at: number, length: number, high: number, low: number, id: number, out: Successors): void {
    const { nodes, inputs, harness } = this.transitions
    const { crashes = 0, crashesEach } = this.#options
    const spent = words[at + this.#nodes + SPENT] as number
    const node = nodes.value(words[at + id] as number)
    if (node.saves.length > 0) {
      out.action = { kind: 'saved', node: id }
      this.offerOne(words, at, length, high, low, id, happenings.saved, 0, 0, out)
    }
    if (node.inputs.length > 0) {
      out.action = { kind: 'answer', node: id }
      this.offerOne(words, at, length, high, low, id, happenings.answer, 0, 0, out)
    }
    const { timers } = node
    for (let i = 0; i < timers.length; i++) {
      const tag = timers[i] as string
      if (out.isNoting) out.action = { kind: 'timer', node: id, tag }
      this.offerOne(words, at, length, high, low, id, happenings.timer, this.transitions.tag(tag), 0, out)
    }
    if (node.choices !== undefined) this.#offerChoices(words, at, length, high, low, id, node.choices, out)
    if (harness.offers !== undefined) {
      const given = (spent >> 24) & 255
      const offers = harness.offers(node.state, given)
      if (offers.length > 0 && given >= MOST_SPENT)
        throw new Misuse(`${MOST_SPENT} inputs are the most that a state counts: bound what is offered by its ordinal`)
      for (const input of offers) {
        if (out.isNoting) out.action = { kind: 'input', node: id, input }
        this.offerOne(words, at, length, high, low, id, happenings.input, inputs.number(input), inputCost, out)
      }
    }
    const limit = crashesEach === undefined || node.incarnation <= crashesEach ? crashes : 0
    if (((spent >> 16) & 255) >= limit) return
    for (let written = 0; written <= node.saves.length; written++) {
      if (out.isNoting) out.action = { kind: 'crash', node: id, written }
      this.offerOne(words, at, length, high, low, id, happenings.crash, written, crashCost, out)
    }
  }

  #offerChoices(
    words: Int32Array,
    at: number,
    length: number,
    high: number,
    low: number,
    id: number,
    choices: NonNullable<MachineNode<S, M, D, I, C>['choices']>,
    out: Successors,
  ): void {
    for (const [place, { key, options }] of choices.entries()) {
      for (let value = 0; value < options; value++) {
        out.action = { kind: 'chosen', node: id, key, value }
        this.offerOne(words, at, length, high, low, id, happenings.chosen, choiceArgument(place, value), 0, out)
      }
    }
  }

  #offerDrops(words: Int32Array, at: number, length: number, high: number, low: number, cost: number, out: Successors): void {
    const n = this.#nodes
    const first = at + n + FIXED
    const count = length - n - FIXED
    const spent = words[at + n + SPENT] as number
    const draft = this.#draft
    for (let i = first; i < first + count; i++) {
      if (this.#isBehind(words, i, first)) continue
      if (out.isNoting) out.action = { kind: 'drop', ...this.transitions.envelopes.value(words[i] as number) }
      draft.begin(words, first, count)
      draft.remove(i - first)
      draft.compare(words, first, count)
      const h = high + draft.high + spentHigh(spent + cost) - spentHigh(spent)
      const l = low + draft.low + spentLow(spent + cost) - spentLow(spent)
      if (!out.admit(h | 0, l | 0)) continue
      const to = this.#write(words, at, out)
      out.words[to + n + SPENT] = spent + cost
      out.commit()
    }
  }

  /** Offers the state after a step of node `id`. `delivered`: which word is the message that it took, or -1. `cost` is what is spent. */
  #step(
    words: Int32Array,
    at: number,
    length: number,
    high: number,
    low: number,
    id: number,
    transition: number,
    delivered: number,
    cost: number,
    out: Successors,
  ): void {
    const n = this.#nodes
    const fixed = at + n
    const first = fixed + FIXED
    const count = length - n - FIXED
    const { transitions } = this
    const fields = transitions.words
    let h = high + (fields[transition + HIGH] as number)
    let l = low + (fields[transition + LOW] as number)
    const memory = words[fixed + MEMORY] as number
    let memoryAfter = memory
    let fallen = -1
    if (fields[transition + CONCERNS] === 1) {
      const around = this.#around
      for (let i = 0; i < n; i++) around[i] = words[at + i] as number
      around[id] = fields[transition + AFTER] as number
      const verdict = transitions.judge(memory, transition, around)
      memoryAfter = transitions.memoryAfter(verdict)
      fallen = transitions.fallenAfter(verdict)
      if (memoryAfter !== memory) {
        const { highs, lows } = transitions.memories
        h += mix((highs[memoryAfter] as number) ^ MEMORY_WORD) - mix((highs[memory] as number) ^ MEMORY_WORD)
        l += mix((lows[memoryAfter] as number) ^ MEMORY_WORD) - mix((lows[memory] as number) ^ MEMORY_WORD)
      }
      if (fallen >= 0) {
        h += mix((transitions.fallen.highs[fallen] as number) ^ FALLEN_WORD)
        l += mix((transitions.fallen.lows[fallen] as number) ^ FALLEN_WORD)
      }
    }
    const spent = words[fixed + SPENT] as number
    if (cost !== 0) {
      h += spentHigh(spent + cost) - spentHigh(spent)
      l += spentLow(spent + cost) - spentLow(spent)
    }
    let last = words[fixed + LAST] as number
    const draft = this.#draft
    if (this.#isUnordered) {
      // The fingerprint is known before the messages are put together, which most states that were met before are spared.
      h += fields[transition + SENT_HIGH] as number
      l += fields[transition + SENT_LOW] as number
      if (delivered >= 0) {
        const number = words[delivered] as number
        h -= transitions.envelopes.highs[number] as number
        l -= transitions.envelopes.lows[number] as number
      }
      if (!out.admit(h | 0, l | 0)) return
      draft.begin(words, first, count)
      if (delivered >= 0) draft.remove(delivered - first)
      draft.insertAll(transitions.sent, fields[transition + SENT_FROM] as number, fields[transition + SENT_TO] as number)
    } else {
      draft.begin(words, first, count)
      if (delivered >= 0 && draft.kind === 'ordered') draft.remove(delivered - first)
      draft.insertAll(transitions.sent, fields[transition + SENT_FROM] as number, fields[transition + SENT_TO] as number)
      draft.compare(words, first, count)
      h += draft.high
      l += draft.low
      if (delivered >= 0 && draft.kind === 'duplicating') {
        const before = last
        last = (words[delivered] as number) + 1
        h += this.#lastWord(transitions.envelopes.highs, last) - this.#lastWord(transitions.envelopes.highs, before)
        l += this.#lastWord(transitions.envelopes.lows, last) - this.#lastWord(transitions.envelopes.lows, before)
      }
      if (!out.admit(h | 0, l | 0)) return
    }
    const to = this.#write(words, at, out)
    const row = out.words
    row[to + id] = fields[transition + AFTER] as number
    row[to + n + MEMORY] = memoryAfter
    row[to + n + SPENT] = spent + cost
    row[to + n + LAST] = last
    row[to + n + FALLEN] = fallen + 1
    out.commit()
  }

  #lastWord(words: Int32Array, last: number): number {
    return last === 0 ? 0 : mix((words[last - 1] as number) ^ LAST_WORD)
  }

  /** The row as it was, with the messages of the draft. */
  #write(words: Int32Array, at: number, out: Successors): number {
    const fixed = this.#nodes + FIXED
    const draft = this.#draft
    const messages = draft.words
    const count = draft.length
    const to = out.reserve(fixed + count)
    const row = out.words
    for (let i = 0; i < fixed; i++) row[to + i] = words[at + i] as number
    for (let i = 0; i < count; i++) row[to + fixed + i] = messages[i] as number
    return to
  }

  pack(rows: Int32Array): unknown {
    return packRows(this.transitions, this.#nodes, rows)
  }

  unpack(packed: unknown): Int32Array {
    return unpackRows(this.transitions, this.#nodes, packed)
  }

  stateOf(words: Int32Array, at: number, length: number): unknown {
    return this.#views.of(words, at, length)
  }

  describe(action: unknown): string {
    const done = action as MachineAction<M, I>
    const show = (message: M) => this.#options.describeMessage?.(message) ?? JSON.stringify(message)
    switch (done.kind) {
      case 'deliver':
      case 'duplicate':
      case 'drop':
        return `${done.kind} ${done.from} -> ${done.to} ${show(done.message)}`
      case 'timer':
        return `timer ${done.tag} of ${done.node}`
      case 'saved':
        return `save of ${done.node} is durable`
      case 'crash':
        return `crash of ${done.node}, ${done.written} saves in flight written, and restart`
      case 'answer':
        return `process of ${done.node} answers its core`
      case 'input':
        return `input to ${done.node} ${JSON.stringify(done.input)}`
      case 'chosen':
        return `choice of ${done.node}: ${done.key} is ${done.value}`
    }
  }
}

/** Set the parts of a fingerprint apart from each other. */
const MEMORY_WORD = 0x3c6ef372
const FALLEN_WORD = 0x1f83d9ab
const LAST_WORD = 0x5be0cd19
const SPENT_WORD = 0x510e527f

const spentHigh = (spent: number): number => mix(spent + SPENT_WORD)
const spentLow = (spent: number): number => mix(Math.imul(spent + 1, 0x9e3779b1) ^ SPENT_WORD)

function unbornNode<S, M, D, I, C>(id: number): MachineNode<S, M, D, I, C> {
  return { id, up: false, incarnation: 0, state: null as S, durable: null, saves: [], held: [], timers: [], inputs: [] }
}
