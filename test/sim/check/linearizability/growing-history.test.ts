import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HistoryFault, OperationOutcome, OperationRecord } from '../../../../sim/check/history.js'
import { checkLinearizable, linearizable, watchLinearizable } from '../../../../sim/check/linearizability/linearizable.js'
import {
  type BankOp,
  bank,
  type CasRegisterOp,
  casRegister,
  type KvOp,
  kv,
  type LogOp,
  log,
  ownModel,
  type QueueOp,
  queue,
  rejected,
  type SequentialModel,
  type SetOp,
  set,
} from '../../../../sim/check/linearizability/models.js'
import { protocol, run, s, scenario, system, workload } from '../../../../sim/index.js'
import { inTurn, ok, record, unknown } from '../sessions/records.js'

type Open<Op> = { -readonly [K in keyof OperationRecord<Op, unknown>]: OperationRecord<Op, unknown>[K] }

/** Feeds a history to a watch, event by event, as a run would; answers the fault and the step at which it came to light. */
function watched<Op>(model: SequentialModel<Op, unknown>, history: readonly OperationRecord<Op, unknown>[]): { fault: HistoryFault; at: number } | undefined {
  const watch = watchLinearizable(model)
  const growing = history.map((one): Open<Op> => ({ ...one, completedAtStep: null, completedAt: null, outcome: { kind: 'unknown' } }))
  const events = history.flatMap((one, i) => [
    { step: one.invokedAtStep, i, ends: false },
    ...(one.completedAtStep === null ? [] : [{ step: one.completedAtStep, i, ends: true }]),
  ])
  for (const { step, i, ends } of events.sort((a, b) => a.step - b.step || a.i - b.i)) {
    if (!ends) watch.invoked(growing[i]!)
    else {
      Object.assign(growing[i]!, history[i])
      const fault = watch.completed(growing[i]!)
      if (fault !== undefined) return { fault, at: step }
    }
  }
  return undefined
}

const value = fc.integer({ min: 0, max: 2 })
const outcome = (result: fc.Arbitrary<unknown>): fc.Arbitrary<OperationOutcome<unknown>> =>
  fc.oneof(
    { weight: 6, arbitrary: result.map(ok) },
    { weight: 1, arbitrary: fc.constant({ kind: 'unknown' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'fail' as const, error: 'no' }) },
  )
const step = fc.oneof(
  fc.record({ op: fc.constant<CasRegisterOp>({ f: 'read' }), outcome: outcome(value) }),
  fc.record({ op: value.map((one): CasRegisterOp => ({ f: 'write', value: one })), outcome: outcome(fc.constant(true)) }),
  fc.record({ op: fc.tuple(value, value).map(([from, to]): CasRegisterOp => ({ f: 'cas', from, to })), outcome: outcome(fc.boolean()) }),
)
/** Every operation ends, in doubt or not: then all can be judged. */
const histories = fc
  .array(fc.record({ one: step, from: fc.integer({ min: 0, max: 30 }), length: fc.integer({ min: 1, max: 14 }) }), { maxLength: 9 })
  .map((drawn) =>
    drawn
      .map(({ one, from, length }, i) => ({
        ...record<CasRegisterOp, unknown>(i, one.op, from * 10 + i, (from + length) * 10 + i, one.outcome),
        completedAtStep: (from + length) * 10 + i,
        completedAt: 1,
      }))
      .sort((a, b) => a.invokedAtStep - b.invokedAtStep),
  )

describe('a history that is judged while it grows', () => {
  test('is judged as it is when it is whole, at the same answer', () => {
    let refused = 0
    fc.assert(
      fc.property(histories, (history) => {
        const model = casRegister({ initial: 0 })
        const whole = checkLinearizable(model, history)
        const found = watched(model, history)
        expect(found !== undefined).toBe(whole.verdict === 'no')
        if (found === undefined || whole.verdict !== 'no') return
        refused++
        expect(found.fault.message).toBe(whole.message)
        // No later than when all that was open at the break had ended.
        expect(found.at).toBe(
          Math.max(
            ...(whole.at === undefined
              ? []
              : history
                  .filter((one) => one.invokedAtStep < whole.at.completedAtStep!)
                  .map((one) => one.completedAtStep!)
                  .concat(whole.at.completedAtStep!)
                  .filter((end) => end >= whole.at.completedAtStep!)),
          ),
        )
      }),
      { numRuns: 1_500, seed: 20_261_128 },
    )
    expect(refused).toBeGreaterThan(200)
  })

  test('ends its run soon after the first answer that cannot be', async () => {
    const Api = protocol<{ ask: { req: KvOp; res: unknown } }>('api')
    const forgetful = scenario({
      name: 'forgetful',
      system: system({
        name: 'forgetful',
        roles: {
          server: {
            count: 1,
            boot: (host) => {
              const values = new Map<unknown, unknown>()
              let answers = 0
              host.net.serve(Api, {
                ask: (op) => {
                  if (++answers === 50) values.clear()
                  if (op.f === 'put') values.set(op.key, op.value)
                  return op.f === 'put' ? true : (values.get(op.key) ?? null)
                },
              })
            },
          },
        },
        survives: {},
      }),
      workload: workload({
        clients: 2,
        generate: (random, client, i): KvOp => (random.int(2) ? { f: 'put', key: random.int(2), value: 1_000 * client + i } : { f: 'get', key: random.int(2) }),
        perform: (host, op): Promise<unknown> => host.net.call(Api, 'server-1', 'ask', op),
        judge: linearizable('kv'),
      }),
      invariants: [],
      faults: { strategy: 'none' },
      duration: s(20),
      healAt: s(10),
    })
    const report = await run({ scenario: forgetful, seed: '1' })
    expect(report.violation?.check).toBe('not linearizable (kv)')
    expect(report.virtualNanos).toBeLessThan(s(1))
    expect(report.steps - report.violation!.step).toBeLessThan(50)
  })
})

describe('keys', () => {
  /** Undecidable in a few steps: many writes at once, and a read of none of them. */
  const hard = (key: string): OperationRecord<KvOp, unknown>[] => [
    ...Array.from({ length: 16 }, (_, i) => record<KvOp, unknown>(i, { f: 'put', key, value: i + 1 }, 1, 500, ok(true))),
    record<KvOp, unknown>(20, { f: 'get', key }, 2, 501, ok(99)),
  ]
  const bad: OperationRecord<KvOp, unknown>[] = inTurn<KvOp, unknown>([30, { f: 'put', key: 'z', value: 1 }, ok(true)], [30, { f: 'get', key: 'z' }, ok(2)])
  const byStart = (all: OperationRecord<KvOp, unknown>[]) => all.sort((a, b) => a.invokedAtStep - b.invokedAtStep)

  test('that are hard do not keep the others waiting', () => {
    const found = checkLinearizable(kv(), byStart([...hard('a'), ...hard('b'), ...bad]), { maxSteps: 200_000 })
    expect(found).toMatchObject({ verdict: 'no', partition: 'z' })
    expect(found.steps).toBeLessThan(100_000)
  })
  test('take no more memory than they may, and are undecided then', () => {
    const found = checkLinearizable(kv(), byStart([...hard('a'), ...hard('b')]), { maxConfigurations: 20_000 })
    expect(found.verdict).toBe('unknown')
    expect(found.steps).toBeLessThan(1_000_000)
    expect(checkLinearizable(kv(), byStart(hard('a')), { isOutOfTime: () => true }).verdict).toBe('unknown')
  })
  test('tell which operations were open where the history breaks', () => {
    const found = checkLinearizable(kv(), [
      record<KvOp, unknown>(1, { f: 'put', key: 1, value: 1 }, 1, 9, ok(true)),
      record<KvOp, unknown>(2, { f: 'get', key: 1 }, 2, 3, ok(2)),
    ])
    expect(found).toMatchObject({ verdict: 'no', prefix: [], open: [{ client: 2 }, { client: 1 }] })
  })
})

describe('the models', () => {
  const verdict = <Op>(model: SequentialModel<Op, unknown>, ...operations: readonly (readonly [number, Op, OperationOutcome<unknown>])[]) =>
    checkLinearizable(model, inTurn<Op, unknown>(...operations)).verdict

  test('queue is first in, first out, unless it has no order', () => {
    const put = (one: number) => [1, { f: 'enqueue', value: one } as QueueOp, ok(true)] as const
    const take = (one: number | null) => [2, { f: 'dequeue' } as QueueOp, ok(one)] as const
    expect(verdict(queue(), put(1), put(2), take(1), take(2), take(null))).toBe('yes')
    expect(verdict(queue(), put(1), put(2), take(2))).toBe('no')
    expect(verdict(queue(), put(1), take(null))).toBe('no')
    expect(verdict(queue({ order: 'none' }), put(1), put(2), take(2), take(1), take(null))).toBe('yes')
    expect(verdict(queue({ order: 'none' }), put(1), take(1), take(1))).toBe('no')
    expect(verdict(queue({ order: 'none' }), put(1), [3, { f: 'dequeue' }, unknown], take(null))).toBe('yes')
  })
  test('set holds what was added and not removed', () => {
    const step = (op: SetOp, result: unknown = true) => [1, op, ok(result)] as const
    expect(
      verdict(
        set(),
        step({ f: 'add', value: 1 }),
        step({ f: 'add', value: 2 }),
        step({ f: 'read' }, [2, 1]),
        step({ f: 'remove', value: 1 }),
        step({ f: 'contains', value: 1 }, false),
      ),
    ).toBe('yes')
    expect(verdict(set(), step({ f: 'add', value: 1 }), step({ f: 'read' }, []))).toBe('no')
    expect(verdict(set(), step({ f: 'add', value: 1 }), step({ f: 'read' }, [1, 1]))).toBe('no')
  })
  test('log gives offsets, and shows what was appended before', () => {
    const step = (op: LogOp, result: unknown) => [1, op, ok(result)] as const
    const appends = [step({ f: 'append', value: 'a' }, 0), step({ f: 'append', value: 'b' }, 1), step({ f: 'append', value: 'c' }, true)]
    expect(
      verdict(
        log(),
        ...appends,
        step({ f: 'read', from: 1, limit: 1 }, ['b']),
        step({ f: 'read', from: 2 }, ['c']),
        step({ f: 'tail' }, 3),
        step({ f: 'read' }, ['a', 'b', 'c']),
      ),
    ).toBe('yes')
    expect(verdict(log(), ...appends, step({ f: 'read', from: 1 }, ['c']))).toBe('no')
    expect(verdict(log(), step({ f: 'append', value: 'a' }, 1))).toBe('no')
    expect(verdict(log(), ...appends, step({ f: 'tail' }, 2))).toBe('no')
  })
  test('bank moves money that there is', () => {
    const move = (amount: number, result: boolean) => [1, { f: 'transfer', from: 'a', to: 'b', amount } as BankOp, ok(result)] as const
    const read = (a: number, b: number) => [2, { f: 'read' } as BankOp, ok({ a, b })] as const
    const model = bank({ accounts: { a: 5 } })
    expect(verdict(model, move(3, true), read(2, 3), move(3, false), move(2, true), read(0, 5))).toBe('yes')
    expect(verdict(model, move(3, true), read(5, 0))).toBe('no')
    expect(verdict(model, move(6, true))).toBe('no')
    expect(verdict(model, move(5, false))).toBe('no')
  })
  test("of one's own take a few lines", () => {
    const stack = ownModel<{ f: 'push'; value: number } | { f: 'pop' }, unknown, readonly number[]>({
      name: 'stack',
      initial: [],
      apply(state, op, answer) {
        if (op.f === 'push') return [...state, op.value]
        if (answer.kind === 'ok' && answer.result !== (state.at(-1) ?? null)) return rejected
        return state.slice(0, -1)
      },
    })
    const push = (one: number) => [1, { f: 'push' as const, value: one }, ok(null)] as const
    const pop = (one: number | null) => [2, { f: 'pop' as const }, ok(one)] as const
    expect(verdict(stack, push(1), push(2), pop(2), pop(1), pop(null))).toBe('yes')
    expect(checkLinearizable(stack, inTurn<{ f: 'push'; value: number } | { f: 'pop' }, unknown>(push(1), push(2), pop(1)))).toMatchObject({
      verdict: 'no',
      message: 'client-2 was answered 1 to {"f":"pop"} at 0.006 s, after client-1\'s {"f":"push","value":2} was acknowledged at 0.004 s',
    })
  })
})

describe('of a correct log, with some overlap,', () => {
  /** Each operation takes effect at its place, and its span lies around it. */
  const correct = fc
    .array(fc.record({ write: fc.boolean(), before: fc.integer({ min: 0, max: 2 }), after: fc.integer({ min: 0, max: 2 }) }), { minLength: 12, maxLength: 40 })
    .map((drawn) => {
      const values: number[] = []
      return drawn
        .map(({ write, before, after }, i) => {
          const op: LogOp = write ? { f: 'append', value: i } : { f: 'read' }
          const result = write ? values.push(i) - 1 : [...values]
          return record<LogOp, unknown>(i, op, 10 * (i + 3) - 9 * before, 10 * (i + 3) + 9 * after + 1, ok(result))
        })
        .sort((a, b) => a.invokedAtStep - b.invokedAtStep)
    })
  const last = 1_000
  const later = (...operations: (readonly [LogOp, unknown])[]) =>
    operations.map(([op, result], i) => record<LogOp, unknown>(99, op, last + 2 * i, last + 2 * i + 1, ok(result)))
  const valuesOf = (history: readonly OperationRecord<LogOp, unknown>[]): unknown[] =>
    history
      .filter(({ op }) => op.f === 'append')
      .sort((a, b) => (a.outcome as { result: number }).result - (b.outcome as { result: number }).result)
      .map(({ op }) => (op as { value: unknown }).value)
  const mutations: Record<string, (history: OperationRecord<LogOp, unknown>[]) => OperationRecord<LogOp, unknown>[]> = {
    'a stale read': (h) => [...h, ...later([{ f: 'append', value: -1 }, true], [{ f: 'read' }, valuesOf(h)])],
    'a lost write': (h) => [...h, ...later([{ f: 'append', value: -1 }, true], [{ f: 'append', value: -2 }, true], [{ f: 'read' }, [...valuesOf(h), -2]])],
    'a write that happened twice': (h) => [...h, ...later([{ f: 'append', value: -1 }, true], [{ f: 'read' }, [...valuesOf(h), -1, -1]])],
    'answers in another order': (h) => [
      ...h,
      ...later([{ f: 'append', value: -1 }, true], [{ f: 'append', value: -2 }, true], [{ f: 'read' }, [...valuesOf(h), -2, -1]]),
    ],
  }

  test('all histories are accepted', () => {
    fc.assert(
      fc.property(correct, (history) => void expect(checkLinearizable(log(), history).verdict).toBe('yes')),
      { numRuns: 150 },
    )
  })
  test.each(Object.keys(mutations))('one with %s is refused', (name) => {
    fc.assert(
      fc.property(correct, (history) => void expect(checkLinearizable(log(), mutations[name]!([...history])).verdict).toBe('no')),
      { numRuns: 60 },
    )
  })
})
