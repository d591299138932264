import type { History, OperationRecord } from '../history.js'
import { rejected, type SequentialModel, type State } from '../linearizability/models.js'
import { answerOf } from '../linearizability/search-events.js'

export interface SequentialOptions {
  /** How often the model may be applied before the answer is `unknown`: 5 million when not given. */
  readonly maxSteps?: number
  /** How many places are kept before the answer is `unknown`: 1 million when not given. */
  readonly maxPlaces?: number
}

export interface Sequential<Op, Result> {
  readonly verdict: 'yes' | 'no' | 'unknown'
  readonly steps: number
  /** The longest order found that explains all answers in it, and keeps the order of each client. */
  readonly prefix: History<Op, Result>
  /** Unless yes: what no client could go on with after that order. */
  readonly stuck: readonly OperationRecord<Op, Result>[]
}

/**
 * Whether a history is sequentially consistent (Lamport, 1979): one order of all operations explains every answer and keeps the order of each client, whatever
 * the order in time. The whole history is judged at once, for keys that are so one by one need not be so together. An operation with an unknown outcome may
 * take effect at any place after what its client did before, or never.
 *
 * Tries orders depth first, and remembers places (how far each client is, and the state) that lead nowhere.
 */
export function checkSequential<Op, Result>(
  given: SequentialModel<Op, Result>,
  history: History<Op, Result>,
  { maxSteps = 5_000_000, maxPlaces = 1_000_000 }: SequentialOptions = {},
): Sequential<Op, Result> {
  const model = given.fresh?.() ?? given
  const { lines, required } = linesOf(model, history)
  const keyed = keyedStates(model)
  const failed = new Set<string>()
  const position = lines.map(() => 0)
  const path: { readonly line: number; readonly state: State; next: number }[] = []
  let state: State = keyed.initial
  let left = required
  let next = 0
  let steps = 0
  let deepest: History<Op, Result> = []
  const taken = (): History<Op, Result> => {
    const at = lines.map(() => 0)
    return path.map(({ line }) => {
      const place = at[line]!
      at[line] = place + 1
      return lines[line]!.records[place]!
    })
  }
  const placeOf = (): string => `${position.join(',')};${String(state)}`
  for (;;) {
    if (left === 0) return { verdict: 'yes', steps, prefix: taken(), stuck: [] }
    if (path.length > deepest.length) deepest = taken()
    if (steps > maxSteps || failed.size > maxPlaces) return { verdict: 'unknown', steps, prefix: deepest, stuck: stuckAfter(lines, deepest) }
    let moved = false
    for (let line = next; line < lines.length && !moved; line++) {
      const { records, after } = lines[line]!
      const record = records[position[line]!]
      if (record === undefined || (after !== undefined && position[after.line]! < after.count)) continue
      steps++
      const to = keyed.apply(state, record)
      if (to === rejected || (to === state && answerOf(model, record).kind === 'unknown')) continue
      path.push({ line, state, next: line + 1 })
      position[line]!++
      if (answerOf(model, record).kind === 'ok') left--
      state = to
      if (failed.has(placeOf())) {
        undo()
        continue
      }
      next = 0
      moved = true
    }
    if (moved) continue
    failed.add(placeOf())
    if (path.length === 0) return { verdict: 'no', steps, prefix: deepest, stuck: stuckAfter(lines, deepest) }
    next = undo()
  }

  function undo(): number {
    const last = path.pop()!
    position[last.line]!--
    if (answerOf(model, lines[last.line]!.records[position[last.line]!]!).kind === 'ok') left++
    state = last.state
    return last.next
  }
}

/** Operations that follow each other. */
interface Line<Op, Result> {
  readonly records: readonly OperationRecord<Op, Result>[]
  /** An unanswered operation is a line of its own, that begins once its client has come so far. */
  readonly after: { readonly line: number; readonly count: number } | undefined
}

function linesOf<Op, Result>(model: SequentialModel<Op, Result>, history: History<Op, Result>): { lines: Line<Op, Result>[]; required: number } {
  const clients = new Map<number, number>()
  const lines: { records: OperationRecord<Op, Result>[]; after: Line<Op, Result>['after'] }[] = []
  let required = 0
  for (const { client } of history) if (!clients.has(client)) clients.set(client, lines.push({ records: [], after: undefined }) - 1)
  for (const record of history) {
    const line = clients.get(record.client)!
    if (answerOf(model, record).kind === 'ok') {
      lines[line]!.records.push(record)
      required++
    } else if (record.outcome.kind !== 'fail' && !model.reads?.(record.op)) {
      lines.push({ records: [record], after: { line, count: lines[line]!.records.length } })
    }
  }
  return { lines, required }
}

/** States of all partitions together, as numbers. */
function keyedStates<Op, Result>(
  model: SequentialModel<Op, Result>,
): {
  readonly initial: State
  readonly apply: (state: State, record: OperationRecord<Op, Result>) => State | typeof rejected
} {
  const step = (state: State, { op, client, ...record }: OperationRecord<Op, Result>) =>
    model.apply(state, op, answerOf(model, { op, client, ...record }), client)
  if (model.partition === undefined) return { initial: model.initial, apply: step }
  const partition = model.partition.bind(model)
  const states: ReadonlyMap<string | number, State>[] = [new Map()]
  const numbers = new Map<string, number>([['', 0]])
  return {
    initial: 0,
    apply(number, record) {
      const before = states[number as number]!
      const key = partition(record.op)
      const old = before.get(key) ?? model.initial
      const to = step(old, record)
      if (to === rejected || to === old) return to === rejected ? rejected : number
      const after = new Map(before).set(key, to)
      const text = [...after]
        .map(([one, held]) => `${typeof one} ${JSON.stringify(one)} ${typeof held} ${JSON.stringify(held)}`)
        .sort()
        .join('\n')
      const known = numbers.get(text)
      if (known !== undefined) return known
      numbers.set(text, states.length)
      return states.push(after) - 1
    },
  }
}

function stuckAfter<Op, Result>(lines: readonly Line<Op, Result>[], prefix: History<Op, Result>): OperationRecord<Op, Result>[] {
  const done = new Set(prefix)
  return lines.flatMap(({ records, after }) => (after === undefined ? records.find((record) => !done.has(record)) : undefined) ?? [])
}
