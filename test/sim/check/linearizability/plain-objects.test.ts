import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OperationRecord } from '../../../../sim/check/history.js'
import { checkLinearizable } from '../../../../sim/check/linearizability/linearizable.js'
import {
  type BankOp,
  bank,
  type KvOp,
  kv,
  type LogOp,
  log,
  type QueueOp,
  queue,
  type SequentialModel,
  type SetOp,
  set,
} from '../../../../sim/check/linearizability/models.js'
import { failed, ok, record, unknown } from '../sessions/records.js'

/** What an object is, written down without a thought of models, keys or speed: its states after an operation, each with the answer. */
interface Plain<Op, State> {
  readonly initial: State
  does(state: State, op: Op): readonly (readonly [State, unknown])[]
  readonly operations: fc.Arbitrary<Op>
  /** Answers that may be wrong. */
  answers(op: Op): fc.Arbitrary<unknown>
}

const small = fc.integer({ min: 1, max: 2 })
const key = fc.constantFrom('a', 'b')
const text = fc.constantFrom('x', 'y')

const map: Plain<KvOp, Readonly<Record<string, string>>> = {
  initial: {},
  does(state, op) {
    const at = op.key as string
    const { [at]: before, ...others } = state
    switch (op.f) {
      case 'get':
        return [[state, before ?? null]]
      case 'put':
        return [[{ ...others, [at]: op.value as string }, true]]
      case 'append':
        return [[{ ...others, [at]: (before ?? '') + op.value }, true]]
      case 'delete':
        return [[others, true]]
      case 'cas':
        return before === op.from ? [[{ ...others, [at]: op.to as string }, true]] : [[state, false]]
    }
  },
  operations: fc.oneof(
    fc.record({ f: fc.constant('get' as const), key }),
    fc.record({ f: fc.constant('get' as const), key }),
    fc.record({ f: fc.constant('put' as const), key, value: text }),
    fc.record({ f: fc.constant('append' as const), key, value: text }),
    fc.record({ f: fc.constant('delete' as const), key }),
    fc.record({ f: fc.constant('cas' as const), key, from: text, to: text }),
  ),
  answers: ({ f }) => (f === 'get' ? fc.constantFrom(null, 'x', 'y', 'xy', 'yx') : f === 'cas' ? fc.boolean() : fc.constant(true)),
}

const queueOperations: fc.Arbitrary<QueueOp> = fc.oneof(fc.record({ f: fc.constant('enqueue' as const), value: small }), fc.constant({ f: 'dequeue' } as const))
const line = (fromAnywhere: boolean): Plain<QueueOp, readonly unknown[]> => ({
  initial: [],
  does(state, op) {
    if (op.f === 'enqueue') return [[[...state, op.value], true]]
    if (state.length === 0) return [[state, null]]
    const places = fromAnywhere ? [...state.keys()] : [0]
    return places.map((place) => [state.filter((_, i) => i !== place), state[place]] as const)
  },
  operations: queueOperations,
  answers: ({ f }) => (f === 'enqueue' ? fc.constant(true) : fc.constantFrom(null, 1, 2)),
})

const bag: Plain<SetOp, readonly unknown[]> = {
  initial: [],
  does(state, op) {
    switch (op.f) {
      case 'add':
        return [[[...new Set([...state, op.value])].sort(), true]]
      case 'remove':
        return [[state.filter((one) => one !== op.value), true]]
      case 'contains':
        return [[state, state.includes(op.value)]]
      case 'read':
        return [[state, state]]
    }
  },
  operations: fc.oneof(
    fc.record({ f: fc.constantFrom('add' as const, 'add' as const, 'remove' as const, 'contains' as const), value: small }),
    fc.constant({ f: 'read' } as const),
  ),
  answers: ({ f }) => (f === 'read' ? fc.constantFrom([], [1], [2], [1, 2]) : f === 'contains' ? fc.boolean() : fc.constant(true)),
}

const list: Plain<LogOp, readonly unknown[]> = {
  initial: [],
  does(state, op) {
    if (op.f === 'append') return [[[...state, op.value], state.length]]
    if (op.f === 'tail') return [[state, state.length]]
    return [[state, state.slice(op.from ?? 0, (op.from ?? 0) + (op.limit ?? state.length))]]
  },
  operations: fc.oneof(
    fc.record({ f: fc.constant('append' as const), value: small }),
    fc.constantFrom<LogOp>({ f: 'tail' }, { f: 'read' }, { f: 'read', from: 1 }, { f: 'read', limit: 1 }),
  ),
  answers: ({ f }) => (f === 'read' ? fc.array(small, { maxLength: 2 }) : fc.integer({ min: 0, max: 2 })),
}

const accounts: Plain<BankOp, Readonly<Record<string, number>>> = {
  initial: { a: 2, b: 0 },
  does(state, op) {
    if (op.f === 'read') return [[state, state]]
    const [from, to] = [op.from as string, op.to as string]
    if (state[from]! < op.amount) return [[state, false]]
    const taken = { ...state, [from]: state[from]! - op.amount }
    return [[{ ...taken, [to]: taken[to]! + op.amount }, true]]
  },
  operations: fc.oneof(fc.record({ f: fc.constant('transfer' as const), from: key, to: key, amount: small }), fc.constant({ f: 'read' } as const)),
  answers: ({ f }) => (f === 'read' ? fc.integer({ min: 0, max: 2 }).map((a) => ({ a, b: 2 - a })) : fc.boolean()),
}

/** Histories of up to seven operations that take effect at some time in their spans, of which a few answers are drawn anew, lost or refusals. */
function histories<Op, State>(plain: Plain<Op, State>): fc.Arbitrary<OperationRecord<Op, unknown>[]> {
  const one = plain.operations.chain((op) =>
    fc.record({
      op: fc.constant(op),
      other: plain.answers(op),
      fate: fc.integer({ min: 0, max: 11 }),
      at: fc.integer({ min: 4, max: 40 }),
      before: fc.integer({ min: 1, max: 8 }),
      after: fc.integer({ min: 1, max: 8 }),
      choice: fc.nat(5),
    }),
  )
  return fc.array(one, { maxLength: 7 }).map((drawn) => {
    let { initial: state } = plain
    return [...drawn]
      .sort((a, b) => a.at - b.at)
      .map(({ op, other, fate, at, before, after, choice }, i) => {
        const may = plain.does(state, op)
        const [next, answer] = may[choice % may.length]!
        if (fate > 1) state = next
        const outcome = fate <= 1 ? (fate === 0 ? failed : unknown) : fate === 2 ? unknown : ok(fate <= 4 ? other : answer)
        return record<Op, unknown>(i, op, (at - before) * 10 + i, (at + after) * 10 + i, outcome)
      })
      .sort((a, b) => a.invokedAtStep - b.invokedAtStep)
  })
}

/** Tries every order of all that was answered and any of what was not. */
function isExplained<Op, State>(plain: Plain<Op, State>, history: readonly OperationRecord<Op, unknown>[]): boolean {
  const go = (left: readonly OperationRecord<Op, unknown>[], state: State): boolean => {
    if (left.every(({ outcome }) => outcome.kind === 'unknown')) return true
    const deadline = Math.min(...left.map(({ completedAtStep }) => completedAtStep ?? Number.POSITIVE_INFINITY))
    return left.some((next) => {
      if (next.invokedAtStep > deadline) return false
      const { outcome } = next
      const others = left.filter((other) => other !== next)
      return plain
        .does(state, next.op)
        .some(([after, answer]) => (outcome.kind === 'ok' ? JSON.stringify(outcome.result) === JSON.stringify(answer) : true) && go(others, after))
    })
  }
  return go(
    history.filter(({ outcome }) => outcome.kind !== 'fail'),
    plain.initial,
  )
}

function agrees<Op, State>(model: SequentialModel<Op, unknown>, plain: Plain<Op, State>): void {
  const count = { yes: 0, no: 0 }
  fc.assert(
    fc.property(histories(plain), (history) => {
      const expected = isExplained(plain, history) ? 'yes' : 'no'
      count[expected]++
      expect(checkLinearizable(model, history).verdict).toBe(expected)
    }),
    { numRuns: 600, seed: 20_261_129 },
  )
  // Both verdicts must have been put to the test.
  expect(Math.min(count.yes, count.no)).toBeGreaterThan(60)
}

describe('every order of operations on a plain object agrees with the model of', () => {
  test('kv', () => agrees(kv(), map))
  test('queue', () => agrees(queue(), line(false)))
  test('queue without an order', () => agrees(queue({ order: 'none' }), line(true)))
  test('set', () => agrees(set(), bag))
  test('log', () => agrees(log(), list))
  test('bank', () => agrees(bank({ accounts: { a: 2 } }), accounts))
})

describe('in the midst of a right history of keys', () => {
  /** Each takes effect at its place, and overlaps at most its neighbours. */
  const right = fc.array(fc.record({ isPut: fc.boolean(), key, before: fc.nat(8), after: fc.nat(8) }), { minLength: 20, maxLength: 60 }).map((drawn) => {
    const values = new Map<unknown, number>()
    return drawn
      .map(({ isPut, key, before, after }, i) => {
        if (isPut) values.set(key, i)
        const op: KvOp = isPut ? { f: 'put', key, value: i } : { f: 'get', key }
        return record<KvOp, unknown>(i, op, 20 * (i + 1) - 2 * before, 20 * (i + 1) + 2 * after + 1, ok(isPut ? true : (values.get(key) ?? null)))
      })
      .sort((a, b) => a.invokedAtStep - b.invokedAtStep)
  })
  type Recorded = OperationRecord<KvOp, unknown>
  const isBefore = (one: Recorded, other: Recorded): boolean => one.completedAtStep! < other.invokedAtStep
  const putsAt = (history: readonly Recorded[], at: Recorded) => history.filter(({ op }) => op.f === 'put' && op.key === at.op.key)
  const gets = (history: readonly Recorded[]) => history.filter(({ op }) => op.f === 'get')
  const answered = (history: readonly Recorded[], at: Recorded, result: unknown) => history.map((one) => (one === at ? { ...one, outcome: ok(result) } : one))

  /** Every history with one wrong answer of a sort; none when it has no place for it. */
  const mutations: Record<string, (history: readonly Recorded[]) => readonly (readonly Recorded[])[]> = {
    'a stale read': (history) =>
      gets(history).flatMap((get) => {
        const puts = putsAt(history, get).filter((put) => isBefore(put, get))
        const overwritten = puts.filter((put) => puts.some((later) => isBefore(put, later)))
        return overwritten.map((put) => answered(history, get, (put.op as { value: unknown }).value))
      }),
    'a lost write': (history) => gets(history).flatMap((get) => (putsAt(history, get).some((put) => isBefore(put, get)) ? [answered(history, get, null)] : [])),
    'a read of what is written later': (history) =>
      gets(history).flatMap((get) =>
        putsAt(history, get)
          .filter((put) => isBefore(get, put))
          .map((put) => answered(history, get, (put.op as { value: unknown }).value)),
      ),
  }

  test.each(Object.entries(mutations))('%s is refused, and without it all is accepted', (_, mutate) => {
    let refused = 0
    fc.assert(
      fc.property(right, fc.nat(), (history, drawn) => {
        expect(checkLinearizable(kv(), history).verdict).toBe('yes')
        const mutants = mutate(history)
        if (mutants.length === 0) return
        refused++
        expect(checkLinearizable(kv(), mutants[drawn % mutants.length]!).verdict).toBe('no')
      }),
      { numRuns: 100 },
    )
    expect(refused).toBeGreaterThan(50)
  })
})
