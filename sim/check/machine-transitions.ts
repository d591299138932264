import { mix } from '../kernel/mix.js'
import { EMPTY, Inboxes } from './inboxes.js'
import { copyPlain, Interner, lengthened } from './interner.js'
import type { MachineModelOptions } from './machine-model.js'
import {
  bootNode,
  completeSave,
  copyNode,
  crashNode,
  type Envelope,
  type MachineHarness,
  type MachineInvariants,
  type MachineNode,
  MachineStepRecord,
  stepNode,
} from './machine-node.js'
import { MessageOrder } from './message-order.js'
import { Places, type PlaceTransitions } from './places.js'
import { TripleTable } from './triple-table.js'

/** What may happen to a node; `argument` says more of each. */
export const happenings = {
  /** An envelope's number. */
  message: 0,
  /** A timer's number. */
  timer: 1,
  saved: 2,
  answer: 3,
  /** How many saves reached the disk. */
  crash: 4,
  /** An input's number. */
  input: 5,
  /** A choice's place and value. */
  chosen: 6,
  boot: 7,
} as const

/** Choices of one node at most, and options of one. */
const CHOICE_RADIX = 1 << 12

export const choiceArgument = (place: number, value: number): number => place * CHOICE_RADIX + value
export const choiceOf = (argument: number) => ({ place: Math.floor(argument / CHOICE_RADIX), value: argument % CHOICE_RADIX })

/** Fields of a transition, one after the other in `words`. */
const STRIDE = 9
/**
 * What it adds to a fingerprint: by the node, and on an unordered network, where sums do not ask what lies where, also by the messages that it sends and by the one that it
 * takes.
 */
export const HIGH = 0
export const LOW = 1
/** Whether the memory and the checks have anything to do with it. */
export const CONCERNS = 2
/** The memory, plus one, for which it was judged last, and the verdict. */
const JUDGED = 3
const VERDICT = 4
/** Where what it sends begins in `sent`, and where it ends. */
export const SENT_FROM = 5
export const SENT_TO = 6
/** The list of what it sends to itself. */
export const SENT_SELF = 7
/** The node after it. */
export const AFTER = 8

/** Fields of a verdict, one after the other in `verdicts`. */
const VERDICT_STRIDE = 4
/** What it adds to a fingerprint. */
export const VERDICT_HIGH = 0
export const VERDICT_LOW = 1
/** The memory after it. */
export const VERDICT_MEMORY = 2
/** What fell, plus one. */
export const VERDICT_FALLEN = 3

/** In the place of a transition that is not taken: nothing comes of it, or it leads out of bounds. */
export const NOTHING = -1
export const OUT_OF_BOUNDS = -2

export interface Fallen {
  readonly invariant: string
  readonly detail: string
}

/** The check that a core broke by throwing. */
export const NEVER_THROWS = 'NeverThrows'

/** What each node makes of what happens to it, computed once and remembered; nodes, messages and memories have numbers. */
export class MachineTransitions<Memory, S, M, D, I, C, E> implements PlaceTransitions {
  readonly nodes: Interner<MachineNode<S, M, D, I, C>>
  readonly envelopes: Interner<Envelope<M>>
  readonly memories: Interner<Memory>
  readonly inputs: Interner<I>
  readonly order: MessageOrder<M>
  readonly tags: string[] = []
  /** What steps broke. */
  readonly fallen: Interner<Fallen>
  /** Transitions by their number times `STRIDE`. */
  words = new Int32Array(STRIDE * 256)
  /** In pairs: which node messages go to, the number of nodes for nobody, and the list of them. */
  readonly sent: number[] = []
  readonly inboxes: Inboxes<M>
  readonly places: Places<M>
  readonly #known = new TripleTable()
  readonly #records: (MachineStepRecord<S, M, D, I, C, E> | null)[] = []
  readonly #thrown = new Map<number, string>()
  /** Verdicts by memory and transition. */
  readonly #judged = new TripleTable()
  /** Verdicts by where they begin. */
  verdicts = new Int32Array(VERDICT_STRIDE * 64)
  #verdictsEnd = 0
  readonly #ids: number[]
  readonly #isUnordered: boolean
  /** For the next step: that of a step of which nothing came is used again. */
  #record: MachineStepRecord<S, M, D, I, C, E>
  #end = 0

  constructor(
    readonly harness: MachineHarness<S, M, D, I, C, E>,
    readonly invariants: MachineInvariants<Memory, S, M, D, I, C, E>,
    readonly options: MachineModelOptions<Memory, S, M, D, I, C>,
    isExact: boolean,
  ) {
    this.nodes = new Interner(isExact)
    this.envelopes = new Interner(isExact)
    this.memories = new Interner(isExact)
    this.inputs = new Interner(isExact)
    this.fallen = new Interner(isExact)
    this.order = new MessageOrder(this.envelopes, options.network === 'ordered' ? 'channels' : options.compare)
    this.inboxes = new Inboxes(options.network ?? 'unordered', this.order)
    this.places = new Places(this.inboxes, this)
    this.#ids = Array.from({ length: options.nodes }, (_, id) => id)
    this.#isUnordered = this.inboxes.kind === 'unordered'
    this.#record = new MachineStepRecord(this.#ids)
  }

  /** Where its fields begin; below zero: it is not taken. */
  of(node: number, happening: number, argument: number): number {
    const known = this.#known.get(node, happening, argument)
    if (known >= 0) return known + OUT_OF_BOUNDS
    const transition = this.#compute(node, happening, argument)
    this.#known.set(node, happening, argument, transition - OUT_OF_BOUNDS)
    return transition
  }

  /** The node that a message goes to; the number of nodes, when there is no such node. */
  #receiver(number: number): number {
    const to = this.order.to[number] as number
    return to >= 0 && to < this.options.nodes ? to : this.options.nodes
  }

  // For places.

  ofMessage(node: number, message: number): number {
    return this.of(node, happenings.message, message)
  }

  nodeAfter(transition: number): number {
    return this.words[transition + AFTER] as number
  }

  sentToSelf(transition: number): number {
    return this.words[transition + SENT_SELF] as number
  }

  tag(tag: string): number {
    const at = this.tags.indexOf(tag)
    return at >= 0 ? at : this.tags.push(tag) - 1
  }

  #compute(before: number, happening: number, argument: number): number {
    const node = copyNode(this.nodes.value(before))
    const record = this.#record
    record.begin(node, null)
    let thrown: string | null = null
    try {
      this.#run(node, record, happening, argument)
    } catch (error) {
      // A core that throws is a mistake of the system that is checked: told with the way to it.
      thrown = String(error)
    }
    if (node.timers.length > 1) node.timers.sort()
    if (thrown === null && this.options.within?.(node.state) === false) return OUT_OF_BOUNDS
    const after = thrown === null ? this.nodes.number(node) : before
    if (thrown === null && after === before && record.sent.length === 0 && record.emitted.length === 0 && this.#isVoid(node, happening, record)) return NOTHING
    record.node = this.nodes.value(after)
    this.#record = new MachineStepRecord(this.#ids)
    return this.#note(before, after, happening, argument, record, thrown)
  }

  /** Whether nothing comes of what left the node as it was. `node` is a copy, of which nothing is kept. */
  #isVoid(node: MachineNode<S, M, D, I, C>, happening: number, record: MachineStepRecord<S, M, D, I, C, E>): boolean {
    if (happening === happenings.timer) return true
    if (happening !== happenings.message || this.inboxes.kind === 'ordered') return false
    return this.options.heeds?.(node.state, record.event as NonNullable<typeof record.event>) !== true
  }

  #run(node: MachineNode<S, M, D, I, C>, record: MachineStepRecord<S, M, D, I, C, E>, happening: number, argument: number): void {
    const { harness } = this
    switch (happening) {
      case happenings.message: {
        const { from, message } = this.envelopes.value(argument)
        stepNode(harness, node, { kind: 'message', from, message }, record)
        break
      }
      case happenings.timer: {
        const tag = this.tags[argument] as string
        node.timers.splice(node.timers.indexOf(tag), 1)
        stepNode(harness, node, { kind: 'timer', tag }, record)
        break
      }
      case happenings.saved:
        completeSave(harness, node, record)
        break
      case happenings.answer:
        stepNode(harness, node, { kind: 'input', input: node.inputs.shift() as I }, record)
        break
      case happenings.crash:
        crashNode(harness, node, argument)
        bootNode(harness, node, record)
        break
      case happenings.input:
        stepNode(harness, node, { kind: 'input', input: this.inputs.value(argument) }, record)
        break
      case happenings.chosen: {
        const choices = node.choices ?? []
        const { place, value } = choiceOf(argument)
        const [chosen] = choices.splice(place, 1) as [(typeof choices)[number]]
        if (choices.length === 0) node.choices = undefined
        stepNode(harness, node, { kind: 'chosen', key: chosen.key, value }, record)
        break
      }
      default:
        bootNode(harness, node, record)
    }
  }

  #note(before: number, after: number, happening: number, argument: number, record: MachineStepRecord<S, M, D, I, C, E>, thrown: string | null): number {
    const at = this.#end
    this.#end += STRIDE
    if (this.#end > this.words.length) this.words = lengthened(this.words, this.words.length * 2)
    const { highs, lows } = this.nodes
    const concerns = thrown !== null || (this.invariants.concerns?.(record) ?? true)
    const { words } = this
    words[at + HIGH] = (highs[after] as number) - (highs[before] as number)
    words[at + LOW] = (lows[after] as number) - (lows[before] as number)
    words[at + CONCERNS] = concerns ? 1 : 0
    words[at + SENT_FROM] = this.sent.length
    words[at + SENT_SELF] = record.sent.length === 0 ? EMPTY : this.#noteSent(at, this.nodes.value(before).id, record.sent)
    words[at + SENT_TO] = this.sent.length
    words[at + AFTER] = after
    if (this.#isUnordered && happening === happenings.message) this.#weigh(at, argument, -1)
    if (thrown !== null) this.#thrown.set(at, thrown)
    // Only what will be judged needs its record.
    this.#records[at / STRIDE] = concerns ? record : null
    return at
  }

  /** Notes what a transition sends to others; answers the list of what it sends to itself. */
  #noteSent(at: number, id: number, sent: readonly Envelope<M>[]): number {
    const numbers: number[] = []
    for (let i = 0; i < sent.length; i++) {
      const number = this.envelopes.number(sent[i] as Envelope<M>)
      this.order.rank(number)
      numbers.push(number)
      if (this.#isUnordered) this.#weigh(at, number, 1)
    }
    let toSelf = EMPTY
    for (let to = 0; to <= this.options.nodes; to++) {
      const there = numbers.filter((number) => this.#receiver(number) === to)
      if (there.length === 0) continue
      const list = this.inboxes.of(there)
      if (to === id) toSelf = list
      else this.sent.push(to, list)
    }
    return toSelf
  }

  /** Adds a message to what a transition adds to fingerprints, or takes it away. */
  #weigh(at: number, number: number, sign: 1 | -1): void {
    const { words, envelopes } = this
    words[at + HIGH] = (words[at + HIGH] as number) + sign * (envelopes.highs[number] as number)
    words[at + LOW] = (words[at + LOW] as number) + sign * (envelopes.lows[number] as number)
  }

  /** Where the verdict on a transition begins in `verdicts`; -1: it has to be judged. */
  verdictOf(memory: number, transition: number): number {
    const { words } = this
    if (words[transition + JUDGED] === memory + 1) return words[transition + VERDICT] as number
    const known = this.#judged.get(memory, transition, 0)
    if (known >= 0) this.#noteVerdict(memory, transition, known)
    return known
  }

  #noteVerdict(memory: number, transition: number, verdict: number): void {
    this.words[transition + JUDGED] = memory + 1
    this.words[transition + VERDICT] = verdict
  }

  /** What the memory becomes, and what falls: where the verdict begins. `around` holds the numbers of the nodes after the step. */
  judge(memory: number, transition: number, around: Int32Array): number {
    const record = this.#records[transition / STRIDE] as MachineStepRecord<S, M, D, I, C, E>
    record.lookAt(this.#ids.map((id) => this.nodes.value(around[id] as number)))
    const thrown = this.#thrown.get(transition)
    const copy = copyPlain(this.memories.value(memory))
    const fallen = thrown !== undefined ? { invariant: NEVER_THROWS, detail: thrown } : this.#check(copy, record)
    const verdict = this.#keepVerdict(memory, this.memories.number(copy), fallen === null ? -1 : this.fallen.number(fallen))
    // A verdict that looked at no other node is the same wherever the memory is the same.
    if (record.lookedAround) return verdict
    this.#judged.set(memory, transition, 0, verdict)
    this.#noteVerdict(memory, transition, verdict)
    return verdict
  }

  #keepVerdict(before: number, after: number, fallen: number): number {
    const at = this.#verdictsEnd
    this.#verdictsEnd += VERDICT_STRIDE
    if (this.#verdictsEnd > this.verdicts.length) this.verdicts = lengthened(this.verdicts, this.verdicts.length * 2)
    const { verdicts, memories } = this
    const part = (hashes: Int32Array, number: number, word: number): number => mix((hashes[number] as number) ^ word)
    const change = (hashes: Int32Array): number => (before === after ? 0 : part(hashes, after, MEMORY_WORD) - part(hashes, before, MEMORY_WORD))
    verdicts[at + VERDICT_HIGH] = change(memories.highs) + (fallen < 0 ? 0 : part(this.fallen.highs, fallen, FALLEN_WORD))
    verdicts[at + VERDICT_LOW] = change(memories.lows) + (fallen < 0 ? 0 : part(this.fallen.lows, fallen, FALLEN_WORD))
    verdicts[at + VERDICT_MEMORY] = after
    verdicts[at + VERDICT_FALLEN] = fallen + 1
    return at
  }

  #check(memory: Memory, record: MachineStepRecord<S, M, D, I, C, E>): Fallen | null {
    this.invariants.record?.(memory, record)
    for (const { name, check } of this.invariants.checks) {
      const detail = check(memory, record)
      if (detail !== undefined) return { invariant: name, detail }
    }
    return null
  }
}

/** Set the parts of a fingerprint apart from each other. */
const MEMORY_WORD = 0x3c6ef372
const FALLEN_WORD = 0x1f83d9ab
