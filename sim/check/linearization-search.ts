import { Misuse } from '../host/errors.js'
import type { OperationRecord } from './history.js'
import { type Answer, rejected, type SequentialModel, type State } from './models.js'
import { OrderedSets } from './ordered-sets.js'

/** What the search found about one partition of a history. */
export interface SearchResult {
  readonly verdict: 'yes' | 'no' | 'unknown'
  /** Applications of the model. */
  readonly steps: number
  /** Indices into the records: the longest order found, all of it linearizable. */
  readonly order: readonly number[]
  /** Unless yes: the answer that no order explains, or at which the search was given up. */
  readonly at: number | undefined
}

/**
 * Decides whether one partition of a history is linearizable, in a number of steps that depends on nothing but the history.
 *
 * The search is Wing and Gong's with Lowe's cache of configurations ("Testing for linearizability", 2017) in its just-in-time form: it walks the answers in real
 * time, and at each it orders only as many of the open operations as the answer needs. A configuration is the model's state, the open operations already
 * ordered, and the unanswered ones already used. An unanswered operation may be ordered at any time after its invocation, or never, so its window never closes,
 * and a history of timeouts would have exponentially many configurations. Two facts hold that down: a configuration that has used fewer of them than another,
 * all else equal, can do all that the other can; and of two overwrites in a row, both unanswered, the first may as well not have happened.
 */
export function search<Op, Result>(model: SequentialModel<Op, Result>, records: readonly OperationRecord<Op, Result>[], maxSteps: number): SearchResult {
  return new Search(model, records, maxSteps).run()
}

const unanswered = { kind: 'unknown' } as const

/** Interchangeable unanswered operations, by invocation: overwrites that leave the same state, or a single operation of another sort. */
interface UnansweredClass {
  /** What the overwrite leaves; undefined for other operations. */
  readonly leaves: State | undefined
  readonly members: number[]
  /** Positions at which the members were invoked. */
  readonly from: number[]
}

/** Unanswered operations used on the way to a configuration: a chain to the empty one, shared between configurations. */
interface Used {
  readonly before: Used | null
  readonly unansweredClass: UnansweredClass
  /** How many of this class, this one included. */
  readonly ofClass: number
  readonly size: number
}

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

class Search<Op, Result> {
  #steps = 0
  readonly #model: SequentialModel<Op, Result>
  readonly #records: readonly OperationRecord<Op, Result>[]
  readonly #maxSteps: number
  /** What each record's answer counts as. */
  readonly #outcomes: readonly Answer<Result>[]
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

  constructor(model: SequentialModel<Op, Result>, records: readonly OperationRecord<Op, Result>[], maxSteps: number) {
    this.#model = model
    this.#records = records
    this.#maxSteps = maxSteps
    this.#outcomes = records.map((record) => answerOf(model, record))
    this.#prepare()
  }

  run(): SearchResult {
    const start: Configuration = { state: this.#model.initial, ordered: OrderedSets.empty, used: null, previous: null, operation: -1, afterUnanswered: false }
    let deepest = start
    let reached = 0
    const stack: Frame[] = []
    let entering: Configuration | undefined = start
    let at = 0
    while (true) {
      if (entering) {
        // Answers whose operations are ordered already need nothing.
        let ordered = entering.ordered
        while (at < this.#answers.length && this.#sets.has(ordered, this.#answers[at]!)) ordered = this.#sets.without(ordered, this.#answers[at++]!)
        const configuration: Configuration = ordered === entering.ordered ? entering : { ...entering, ordered }
        if (at > reached || stack.length === 0) {
          reached = at
          deepest = configuration
        }
        if (at === this.#answers.length) return { verdict: 'yes', steps: this.#steps, order: pathTo(configuration), at: undefined }
        this.#seen[at] ??= new Map()
        const frame: Frame = { answer: at, queue: [], next: 0, tried: false, seen: this.#seen[at]! }
        if (this.#isNew(frame, configuration)) {
          frame.queue.push(configuration)
          stack.push(frame)
        }
        entering = undefined
      }
      const frame = stack.at(-1)
      if (!frame) return { verdict: 'no', steps: this.#steps, order: pathTo(deepest), at: this.#answers[reached] }
      if (this.#steps > this.#maxSteps) return { verdict: 'unknown', steps: this.#steps, order: pathTo(deepest), at: this.#answers[reached] }
      const configuration = frame.queue[frame.next]
      if (!configuration) {
        stack.pop()
      } else if (!frame.tried) {
        frame.tried = true
        entering = this.#pass(configuration, this.#answers[frame.answer]!)
        at = frame.answer + 1
      } else {
        frame.tried = false
        frame.next++
        this.#extend(frame, configuration)
      }
    }
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
    if (before === undefined) {
      frame.seen.set(key, used)
      return true
    }
    if (!Array.isArray(before)) {
      if (isWithin(before, used)) return false
      frame.seen.set(key, [before, used])
      return true
    }
    for (const smaller of before) if (isWithin(smaller, used)) return false
    before.push(used)
    return true
  }

  #apply(state: State, operation: number): State | typeof rejected {
    this.#steps++
    const record = this.#records[operation]!
    return this.#model.apply(state, record.op, this.#outcomes[operation]!, record.client)
  }

  #needs(operation: number): State | undefined {
    return this.#model.needs?.(this.#records[operation]!.op, this.#outcomes[operation]!)
  }

  #prepare(): void {
    const events = eventsOf(this.#model, this.#records)
    const open: number[] = []
    const answerPosition = new Map<number, number>()
    for (const [position, event] of events.entries()) if (event.kind === 'answer') answerPosition.set(event.operation, position)
    for (const [position, { kind, operation }] of events.entries()) {
      if (kind === 'answer') {
        this.#answers.push(operation)
        this.#answerAt.push(position)
        this.#open.push(open.slice())
        open.shift()
      } else if (kind === 'invocation') {
        const answeredAt = answerPosition.get(operation)!
        let place = open.length
        while (place > 0 && answerPosition.get(open[place - 1]!)! > answeredAt) place--
        open.splice(place, 0, operation)
      } else {
        this.#addUnanswered(operation, position)
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

/** What a record's answer counts as. */
export function answerOf<Op, Result>(model: SequentialModel<Op, Result>, record: OperationRecord<Op, Result>): Answer<Result> {
  const { outcome } = record
  return outcome.kind === 'ok' && !model.uncertain?.(record.op, outcome.result) ? outcome : unanswered
}

interface HistoryEvent {
  readonly kind: 'invocation' | 'answer' | 'unanswered'
  readonly operation: number
}

/** Invocations and answers in real time. Within one step, which belongs to one client, a client's operations follow one another in the history's order. */
function eventsOf<Op, Result>(model: SequentialModel<Op, Result>, records: readonly OperationRecord<Op, Result>[]): HistoryEvent[] {
  const events: (HistoryEvent & { readonly step: number })[] = []
  for (const [operation, record] of records.entries()) {
    if (record.outcome.kind === 'fail') continue
    if (answerOf(model, record).kind === 'ok') {
      if (record.completedAtStep === null) throw new Misuse(`operation ${operation} of a history was answered at no step`)
      if (record.completedAtStep < record.invokedAtStep) throw new Misuse(`operation ${operation} of a history was answered before its invocation`)
      events.push({ kind: 'invocation', operation, step: record.invokedAtStep }, { kind: 'answer', operation, step: record.completedAtStep })
    } else if (!model.reads?.(record.op)) {
      events.push({ kind: 'unanswered', operation, step: record.invokedAtStep })
    }
  }
  // Sorting is stable, and an operation's invocation stands before its answer.
  return events.sort((a, b) => a.step - b.step || a.operation - b.operation)
}

function pathTo(configuration: Configuration): number[] {
  const order: number[] = []
  for (let at: Configuration | null = configuration; at !== null; at = at.previous) {
    if (at.operation >= 0) order.push(at.operation)
  }
  return order.reverse()
}

/** Whether all that `a` used, `b` used too. Chains share their beginnings, so only what differs is looked at. */
function isWithin(a: Used | null, b: Used | null): boolean {
  if (a === b || a === null) return true
  if (b === null || a.size > b.size) return false
  let longer: Used | null = b
  const extra: UnansweredClass[] = []
  while (longer !== null && longer.size > a.size) {
    extra.push(longer.unansweredClass)
    longer = longer.before
  }
  let shorter: Used | null = a
  const missing: UnansweredClass[] = []
  while (shorter !== longer) {
    missing.push(shorter!.unansweredClass)
    extra.push(longer!.unansweredClass)
    shorter = shorter!.before
    longer = longer!.before
  }
  if (missing.length === 0) return true
  const spare = new Map<UnansweredClass, number>()
  for (const one of extra) spare.set(one, (spare.get(one) ?? 0) + 1)
  for (const one of missing) {
    const count = spare.get(one) ?? 0
    if (count === 0) return false
    spare.set(one, count - 1)
  }
  return true
}
