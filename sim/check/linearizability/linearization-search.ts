import { Misuse } from '../../host/errors.js'
import type { OperationRecord } from '../history.js'
import { OrderedSets } from './ordered-sets.js'
import { answerOf, eventsOf, type SearchEvent, unanswered } from './search-events.js'
import { type Answer, rejected, type SequentialModel, type State } from './sequential-model.js'
import { isWithin, type UnansweredClass, type Used } from './used-operations.js'

/** What the search found about one partition of a history so far. */
export interface SearchResult {
  /** `working`: there is more to try. */
  readonly verdict: 'yes' | 'no' | 'working'
  /** Indices into the records: the longest order found, all of it linearizable. */
  readonly order: readonly number[]
  /** Unless yes: the answer that no order explains, or at which the search is. */
  readonly at: number | undefined
  /** Unless yes: the operations that were open at that answer, itself included. */
  readonly open: readonly number[]
}

/** `void`: it never happened, or was a read that nobody saw. */
type Fate = 'open' | 'answered' | 'unanswered' | 'void'

interface Configuration {
  readonly state: State
  /** An interned set of open operations. */
  readonly ordered: number
  readonly used: Used | null
  /** How it came about: the operation ordered last. */
  readonly previous: Configuration | null
  readonly operation: number
  /** The operation ordered last is an unanswered one. */
  readonly afterUnanswered: boolean
}

/** One answer under work: configurations that may still lead past it, shortest first. */
interface Frame {
  readonly answer: number
  readonly queue: Configuration[]
  next: number
  /** Whether the configuration at `next` has tried the answer itself, and is to be extended by other operations now. */
  tried: boolean
  readonly seen: Map<number, Used | null | (Used | null)[]>
}

/**
 * Decides whether one partition of a history is linearizable, in a number of steps that depends on nothing but the history. It works in slices, so that
 * several take turns, and while the history grows.
 *
 * The search is Wing and Gong's with Lowe's cache of configurations ("Testing for linearizability", 2017) in its just-in-time form: it walks the answers in real
 * time, and at each it orders only as many of the open operations as the answer needs. A configuration is the model's state, the open operations already
 * ordered, and the unanswered ones already used. An unanswered operation may be ordered at any time after its invocation, or never, so its window never closes,
 * and a history of timeouts would have exponentially many configurations. Two facts hold that down: a configuration that has used fewer of them than another,
 * all else equal, can do all that the other can; and of two overwrites in a row, both unanswered, the first may as well not have happened.
 *
 * An answer is judged once the fate of all operations is known that were open then: what an operation may have done before it was answered hangs on its answer.
 */
export class LinearizationSearch<Op, Result> {
  #steps = 0
  #configurations = 0
  readonly #model: SequentialModel<Op, Result>
  readonly #records: OperationRecord<Op, Result>[] = []
  readonly #fates: Fate[] = []
  /** Of answered operations, by operation: the positions of their answers. */
  readonly #answerPositions: number[] = []
  /** Invocations and answers in real time. */
  readonly #events: SearchEvent[] = []
  /** How many of them are prepared for the search. */
  #prepared = 0
  /** Answered operations that are open after those, by the time of their answers. */
  readonly #openNow: number[] = []
  /** What each record's answer counts as. */
  readonly #outcomes: Answer<Result>[] = []
  /** Answered operations by the time of their answers. */
  readonly #answers: number[] = []
  /** At each answer, the positions of all that were open then: that answer first, then by the time of their answers. */
  readonly #open: number[][] = []
  /** Positions of answers, counted in events. */
  readonly #answerAt: number[] = []
  /** Unanswered overwrites by the state they leave, in the order of their first invocations. */
  readonly #overwrites = new Map<State, UnansweredClass>()
  /** Unanswered operations of other sorts, by the state they need; undefined gathers those that may do something in several. */
  readonly #others = new Map<State | undefined, UnansweredClass[]>()
  readonly #states = new Map<State, number>()
  readonly #sets = new OrderedSets()
  /** Configurations seen at each answer. */
  readonly #seen: Frame['seen'][] = []

  readonly #stack: Frame[] = []
  #entering: Configuration | undefined
  /** Answers that it has passed. */
  #at = 0
  #deepest: Configuration
  #reached = 0
  #verdict: SearchResult['verdict'] = 'working'

  constructor(model: SequentialModel<Op, Result>) {
    this.#model = model.fresh?.() ?? model
    this.#entering = { state: this.#model.initial, ordered: OrderedSets.empty, used: null, previous: null, operation: -1, afterUnanswered: false }
    this.#deepest = this.#entering
  }

  /** Of a whole partition, ordered by invocation. */
  static of<Op, Result>(model: SequentialModel<Op, Result>, records: readonly OperationRecord<Op, Result>[]): LinearizationSearch<Op, Result> {
    const search = new LinearizationSearch(model)
    const numbers: number[] = []
    for (const { kind, operation } of eventsOf(model, records)) {
      if (kind === 'answer') search.completed(numbers[operation]!)
      else numbers[operation] = search.invoked(records[operation]!)
    }
    search.end()
    return search
  }

  /** Applications of the model. */
  get steps(): number {
    return this.#steps
  }

  /** Configurations that are kept in memory. */
  get configurations(): number {
    return this.#configurations
  }

  /** An operation begins; answers its number, counted from 0. */
  invoked(record: OperationRecord<Op, Result>): number {
    const operation = this.#records.push(record) - 1
    this.#fates.push('open')
    this.#outcomes.push(unanswered)
    this.#answerPositions.push(Number.NaN)
    this.#events.push({ kind: 'invocation', operation })
    return operation
  }

  /** The record of an operation is complete. */
  completed(operation: number): void {
    const record = this.#records[operation]!
    const answer = answerOf(this.#model, record)
    this.#outcomes[operation] = answer
    if (record.outcome.kind === 'fail') {
      this.#fates[operation] = 'void'
    } else if (answer.kind === 'ok') {
      this.#fates[operation] = 'answered'
      this.#answerPositions[operation] = this.#events.length
      this.#events.push({ kind: 'answer', operation })
    } else {
      this.#fates[operation] = this.#model.reads?.(record.op) ? 'void' : 'unanswered'
    }
  }

  /** What is open now is never answered. */
  end(): void {
    for (const [operation, fate] of this.#fates.entries()) if (fate === 'open') this.completed(operation)
  }

  /** Goes on for as many steps, or until what is known is decided. */
  advance(steps: number): SearchResult['verdict'] {
    if (this.#verdict === 'no') return 'no'
    this.#prepare()
    const until = this.#steps + steps
    for (;;) {
      if (this.#entering && this.#enter(this.#entering)) return this.#conclude('yes')
      const frame = this.#stack.at(-1)
      if (!frame) return this.#conclude('no')
      if (this.#steps > until) return this.#conclude('working')
      const configuration = frame.queue[frame.next]
      if (!configuration) {
        this.#stack.pop()
      } else if (!frame.tried) {
        frame.tried = true
        this.#entering = this.#pass(configuration, this.#answers[frame.answer]!)
        this.#at = frame.answer + 1
      } else {
        frame.tried = false
        frame.next++
        this.#extend(frame, configuration)
      }
    }
  }

  #conclude(verdict: SearchResult['verdict']): SearchResult['verdict'] {
    this.#verdict = verdict
    return verdict
  }

  result(): SearchResult {
    const verdict = this.#verdict
    const deepest = verdict === 'yes' ? this.#entering! : this.#deepest
    const isYes = verdict === 'yes'
    return { verdict, order: pathTo(deepest), at: isYes ? undefined : this.#answers[this.#reached], open: isYes ? [] : (this.#open[this.#reached] ?? []) }
  }

  /** Frees what only going on would need; what was found so far stays. */
  forget(): void {
    this.#stack.length = 0
    this.#seen.length = 0
    this.#configurations = 0
  }

  record(operation: number): OperationRecord<Op, Result> {
    return this.#records[operation]!
  }

  /** Goes to the next answer; true when there is none. */
  #enter(entering: Configuration): boolean {
    // Answers whose operations are ordered already need nothing.
    let { ordered } = entering
    while (this.#at < this.#answers.length && this.#sets.has(ordered, this.#answers[this.#at]!))
      ordered = this.#sets.without(ordered, this.#answers[this.#at++]!)
    const configuration: Configuration = ordered === entering.ordered ? entering : { ...entering, ordered }
    if (this.#at > this.#reached || this.#stack.length === 0) {
      this.#reached = this.#at
      this.#deepest = configuration
    }
    if (this.#at === this.#answers.length) {
      this.#entering = configuration
      return true
    }
    this.#seen[this.#at] ??= new Map()
    const frame: Frame = { answer: this.#at, queue: [], next: 0, tried: false, seen: this.#seen[this.#at]! }
    if (this.#isNew(frame, configuration)) {
      frame.queue.push(configuration)
      this.#stack.push(frame)
    }
    this.#entering = undefined
    return false
  }

  /** Orders the answered operation itself; what then goes on after its answer. */
  #pass(configuration: Configuration, operation: number): Configuration | undefined {
    const state = this.#apply(configuration.state, operation)
    if (state === rejected) return undefined
    return { state, ordered: configuration.ordered, used: configuration.used, previous: configuration, operation, afterUnanswered: false }
  }

  /** Puts into the frame's queue what one more operation before the frame's answer leads to. */
  #extend(frame: Frame, configuration: Configuration): void {
    const open = this.#open[frame.answer]!
    for (let i = 1; i < open.length; i++) {
      const operation = open[i]!
      if (this.#sets.has(configuration.ordered, operation)) continue
      const state = this.#apply(configuration.state, operation)
      if (state === rejected) continue
      this.#enqueue(frame, {
        state,
        ordered: this.#sets.with(configuration.ordered, operation),
        used: configuration.used,
        previous: configuration,
        operation,
        afterUnanswered: false,
      })
    }
    const now = this.#answerAt[frame.answer]!
    if (!configuration.afterUnanswered) this.#extendByOverwrites(frame, configuration, now)
    for (const candidate of this.#others.get(configuration.state) ?? []) this.#extendByOther(frame, configuration, candidate, now)
    for (const candidate of this.#others.get(undefined) ?? []) this.#extendByOther(frame, configuration, candidate, now)
  }

  /** There is use in an unanswered overwrite only when what follows could not do as well without it. */
  #extendByOverwrites(frame: Frame, configuration: Configuration, now: number): void {
    let all = this.#others.has(undefined)
    for (const operation of this.#open[frame.answer]!) {
      if (this.#sets.has(configuration.ordered, operation) || this.#model.overwrites?.(this.#records[operation]!.op)) continue
      const needed = this.#needs(operation)
      if (needed === undefined) all = true
      else this.#useOverwrite(frame, configuration, this.#overwrites.get(needed), now)
    }
    if (all) {
      for (const candidate of this.#overwrites.values()) {
        if (candidate.from[0]! > now) break
        this.#useOverwrite(frame, configuration, candidate, now)
      }
    } else {
      for (const needed of this.#others.keys()) this.#useOverwrite(frame, configuration, this.#overwrites.get(needed!), now)
    }
  }

  #useOverwrite(frame: Frame, configuration: Configuration, candidate: UnansweredClass | undefined, now: number): void {
    if (candidate === undefined || candidate.leaves === configuration.state) return
    this.#steps++
    this.#use(frame, configuration, candidate, candidate.leaves!, now)
  }

  #extendByOther(frame: Frame, configuration: Configuration, candidate: UnansweredClass, now: number): void {
    if (candidate.from[0]! > now) return
    const state = this.#apply(configuration.state, candidate.members[0]!)
    if (state !== rejected && state !== configuration.state) this.#use(frame, configuration, candidate, state, now)
  }

  #use(frame: Frame, configuration: Configuration, candidate: UnansweredClass, state: State, now: number): void {
    let link = configuration.used
    while (link !== null && link.unansweredClass !== candidate) link = link.before
    const usedOfClass = link === null ? 0 : link.ofClass
    const from = candidate.from[usedOfClass]
    if (from === undefined || from > now) return
    this.#enqueue(frame, {
      state,
      ordered: configuration.ordered,
      used: { before: configuration.used, unansweredClass: candidate, ofClass: usedOfClass + 1, size: (configuration.used?.size ?? 0) + 1 },
      previous: configuration,
      operation: candidate.members[usedOfClass]!,
      afterUnanswered: true,
    })
  }

  #enqueue(frame: Frame, configuration: Configuration): void {
    if (this.#isNew(frame, configuration)) frame.queue.push(configuration)
  }

  /** Lowe's cache: false when a configuration that can do all that this one can was seen at the same answer. */
  #isNew(frame: Frame, configuration: Configuration): boolean {
    let state = this.#states.get(configuration.state)
    if (state === undefined) {
      state = this.#states.size
      this.#states.set(configuration.state, state)
    }
    const key = state * 0x400_0000 + configuration.ordered
    const { used } = configuration
    const before = frame.seen.get(key)
    this.#configurations++
    if (before === undefined) {
      frame.seen.set(key, used)
      return true
    }
    if (!Array.isArray(before)) {
      if (isWithin(before, used)) return this.#isKnown()
      frame.seen.set(key, [before, used])
      return true
    }
    for (const smaller of before) if (isWithin(smaller, used)) return this.#isKnown()
    before.push(used)
    return true
  }

  #isKnown(): false {
    this.#configurations--
    return false
  }

  #apply(state: State, operation: number): State | typeof rejected {
    this.#steps++
    const record = this.#records[operation]!
    return this.#model.apply(state, record.op, this.#outcomes[operation]!, record.client)
  }

  #needs(operation: number): State | undefined {
    return this.#model.needs?.(this.#records[operation]!.op, this.#outcomes[operation]!)
  }

  /** Takes up what is known for certain: up to the first invocation whose fate is open. */
  #prepare(): void {
    const open = this.#openNow
    for (; this.#prepared < this.#events.length; this.#prepared++) {
      const { kind, operation } = this.#events[this.#prepared]!
      const fate = this.#fates[operation]!
      if (fate === 'open') return
      if (kind === 'answer') {
        this.#answers.push(operation)
        this.#answerAt.push(this.#prepared)
        this.#open.push(open.slice())
        open.shift()
      } else if (fate === 'answered') {
        const answeredAt = this.#answerPositions[operation]!
        let place = open.length
        while (place > 0 && this.#answerPositions[open[place - 1]!]! > answeredAt) place--
        open.splice(place, 0, operation)
      } else if (fate === 'unanswered') {
        this.#addUnanswered(operation, this.#prepared)
      }
    }
  }

  #addUnanswered(operation: number, position: number): void {
    const { op, client } = this.#records[operation]!
    if (!this.#model.overwrites?.(op)) {
      const needed = this.#needs(operation)
      const others = this.#others.get(needed) ?? []
      others.push({ leaves: undefined, members: [operation], from: [position] })
      this.#others.set(needed, others)
      return
    }
    const leaves = this.#model.apply(this.#model.initial, op, unanswered, client)
    if (leaves === rejected) throw new Misuse(`model ${this.#model.name} rejects an overwrite that was never answered`)
    const known = this.#overwrites.get(leaves)
    if (known) {
      known.members.push(operation)
      known.from.push(position)
    } else {
      this.#overwrites.set(leaves, { leaves, members: [operation], from: [position] })
    }
  }
}

function pathTo(configuration: Configuration): number[] {
  const order: number[] = []
  for (let at: Configuration | null = configuration; at !== null; at = at.previous) {
    if (at.operation >= 0) order.push(at.operation)
  }
  return order.reverse()
}
