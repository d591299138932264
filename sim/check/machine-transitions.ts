import { EMPTY, Inboxes } from './inboxes.js'
import { copyPlain, Interner, lengthened } from './interner.js'
import type { MachineModelOptions } from './machine-model.js'
import {
  bootNode,
  completeSave,
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
/** The node after it. */
export const AFTER = 0
/** Where what it sends begins in `sent`, and where it ends. */
export const SENT_FROM = 1
export const SENT_TO = 2
/** What it adds to a fingerprint: by the node, and by all messages. */
export const HIGH = 3
export const LOW = 4
export const SENT_HIGH = 5
export const SENT_LOW = 6
/** Whether the memory and the checks have anything to do with it. */
export const CONCERNS = 7
/** The list of what it sends to itself. */
export const SENT_SELF = 8

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
  readonly #verdicts = new TripleTable()
  /** The memory after a verdict, and what fell. */
  readonly #verdictMemories: number[] = []
  readonly #verdictFallen: number[] = []
  readonly #ids: number[]
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
    const node = copyPlain(this.nodes.value(before))
    const record = new MachineStepRecord<S, M, D, I, C, E>(this.#ids)
    let thrown: string | null = null
    try {
      this.#run(node, record, happening, argument)
    } catch (error) {
      // A core that throws is a mistake of the system that is checked: told with the way to it.
      thrown = String(error)
    }
    node.timers.sort()
    if (thrown === null && this.options.within?.(node.state) === false) return OUT_OF_BOUNDS
    const after = thrown === null ? this.nodes.number(node) : before
    if (thrown === null && after === before && record.sent.length === 0 && record.emitted.length === 0 && this.#isVoid(before, happening, record))
      return NOTHING
    record.node = this.nodes.value(after)
    return this.#note(before, after, record, thrown)
  }

  /** Whether nothing comes of what left the node as it was. */
  #isVoid(before: number, happening: number, record: MachineStepRecord<S, M, D, I, C, E>): boolean {
    if (happening === happenings.timer) return true
    if (happening !== happenings.message || this.options.network === 'ordered') return false
    return this.options.heeds?.(copyPlain(this.nodes.value(before).state), record.event as NonNullable<typeof record.event>) !== true
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

  #note(before: number, after: number, record: MachineStepRecord<S, M, D, I, C, E>, thrown: string | null): number {
    const at = this.#end
    this.#end += STRIDE
    if (this.#end > this.words.length) this.words = lengthened(this.words, this.words.length * 2)
    const from = this.sent.length
    let high = 0
    let low = 0
    const numbers = record.sent.map((envelope) => this.envelopes.number(envelope))
    for (const number of numbers) {
      this.order.rank(number)
      high = (high + (this.envelopes.highs[number] as number)) | 0
      low = (low + (this.envelopes.lows[number] as number)) | 0
    }
    const { id } = this.nodes.value(before)
    let toSelf = EMPTY
    for (let to = 0; to <= this.options.nodes; to++) {
      const sent = numbers.filter((number) => this.#receiver(number) === to)
      if (to === id) toSelf = this.inboxes.of(sent)
      else if (sent.length > 0) this.sent.push(to, this.inboxes.of(sent))
    }
    const concerns = thrown !== null || (this.invariants.concerns?.(record) ?? true)
    const { highs, lows } = this.nodes
    this.words.set(
      [
        after,
        from,
        this.sent.length,
        (highs[after] as number) - (highs[before] as number),
        (lows[after] as number) - (lows[before] as number),
        high,
        low,
        concerns ? 1 : 0,
        toSelf,
      ],
      at,
    )
    if (thrown !== null) this.#thrown.set(at, thrown)
    // Only what will be judged needs its record.
    this.#records[at / STRIDE] = concerns ? record : null
    return at
  }

  /** The number of a verdict: what the memory becomes, and what falls. `row` holds the numbers of the nodes after the step. */
  judge(memory: number, transition: number, around: Int32Array): number {
    const known = this.#verdicts.get(memory, transition, 0)
    if (known >= 0) return known
    const record = this.#records[transition / STRIDE] as MachineStepRecord<S, M, D, I, C, E>
    record.lookAt(this.#ids.map((id) => this.nodes.value(around[id] as number)))
    const thrown = this.#thrown.get(transition)
    const copy = copyPlain(this.memories.value(memory))
    const fallen = thrown !== undefined ? { invariant: NEVER_THROWS, detail: thrown } : this.#check(copy, record)
    const verdict = this.#verdictMemories.push(this.memories.number(copy)) - 1
    this.#verdictFallen.push(fallen === null ? -1 : this.fallen.number(fallen))
    // A verdict that looked at no other node is the same wherever the memory is the same.
    if (!record.lookedAround) this.#verdicts.set(memory, transition, 0, verdict)
    return verdict
  }

  #check(memory: Memory, record: MachineStepRecord<S, M, D, I, C, E>): Fallen | null {
    this.invariants.record?.(memory, record)
    for (const { name, check } of this.invariants.checks) {
      const detail = check(memory, record)
      if (detail !== undefined) return { invariant: name, detail }
    }
    return null
  }

  memoryAfter(verdict: number): number {
    return this.#verdictMemories[verdict] as number
  }

  /** -1: nothing fell. */
  fallenAfter(verdict: number): number {
    return this.#verdictFallen[verdict] as number
  }
}
