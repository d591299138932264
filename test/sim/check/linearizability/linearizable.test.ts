import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { Judge, OperationOutcome, OperationRecord } from '../../../../sim/check/history.js'
import { checkLinearizable, linearizable } from '../../../../sim/check/linearizability/linearizable.js'
import {
  type CasRegisterOp,
  casRegister,
  kv,
  type LockOp,
  lock,
  type RegisterOp,
  register,
  rejected,
  type SequentialModel,
} from '../../../../sim/check/linearizability/models.js'
import { answerOf } from '../../../../sim/check/linearizability/search-events.js'
import { ms } from '../../../../sim/host/durations.js'
import { Misuse } from '../../../../sim/host/errors.js'
import type { Host } from '../../../../sim/host/seam.js'
import { workload } from '../../../../sim/run/scenario.js'

const unknown = { kind: 'unknown' } as const
const ok = (result: unknown): OperationOutcome<unknown> => ({ kind: 'ok', result })

/** One operation over the steps from `invoked` to `completed`, a millisecond each. */
function record<Op>(client: number, op: Op, invoked: number, completed: number, outcome: OperationOutcome<unknown>): OperationRecord<Op, unknown> {
  const answered = outcome.kind !== 'unknown'
  return {
    client,
    op,
    invokedAtStep: invoked,
    invokedAt: ms(invoked),
    completedAtStep: answered ? completed : null,
    completedAt: answered ? ms(completed) : null,
    outcome,
  }
}
const write = (client: number, value: unknown, invoked: number, completed: number, outcome: OperationOutcome<unknown> = ok(true)) =>
  record<RegisterOp>(client, { f: 'write', value }, invoked, completed, outcome)
const read = (client: number, result: unknown, invoked: number, completed: number) => record<RegisterOp>(client, { f: 'read' }, invoked, completed, ok(result))

const verdict = <Op>(model: SequentialModel<Op, unknown>, history: readonly OperationRecord<Op, unknown>[]) => checkLinearizable(model, history).verdict

const messageOf = (fault: ReturnType<Judge<never, never>>): string | undefined => (typeof fault === 'object' ? fault.message : fault)

describe('a register', () => {
  test('reads what was written last', () => {
    expect(verdict(register(), [write(1, 5, 1, 2), read(2, 5, 3, 4)])).toBe('yes')
    expect(verdict(register(), [write(1, 5, 1, 2), read(2, 0, 3, 4)])).toBe('no')
  })

  test('may read either side of a write that is under way, and never the old value after the new', () => {
    expect(verdict(register(), [write(1, 5, 1, 9), read(2, 0, 2, 3), read(3, 5, 4, 5)])).toBe('yes')
    expect(verdict(register(), [write(1, 5, 1, 9), read(2, 5, 2, 3), read(3, 0, 4, 5)])).toBe('no')
  })

  test('that was never written reads as one value that stands for nothing', () => {
    for (const nothing of [0, null, undefined, '', false]) expect(verdict(register(), [read(1, nothing, 1, 2), read(1, nothing, 3, 4)])).toBe('yes')
    expect(verdict(register(), [read(1, 0, 1, 2), read(1, null, 3, 4)])).toBe('no')
    expect(verdict(register(), [read(1, 7, 1, 2)])).toBe('no')
    expect(verdict(register({ initial: 7 }), [read(1, 7, 1, 2)])).toBe('yes')
    expect(verdict(register({ initial: 7 }), [read(1, 0, 1, 2)])).toBe('no')
  })

  test('may take an unanswered write at any later time, or never, but only once', () => {
    const lost = write(1, 5, 1, 0, unknown)
    expect(verdict(register(), [lost, read(2, 0, 2, 3), read(2, 5, 4, 5)])).toBe('yes')
    expect(verdict(register(), [lost, read(2, 0, 2, 3), read(2, 0, 4, 5)])).toBe('yes')
    expect(verdict(register(), [lost, read(2, 5, 2, 3), write(2, 6, 4, 5), read(2, 6, 6, 7), read(2, 5, 8, 9)])).toBe('no')
    expect(verdict(register(), [read(2, 5, 1, 2), write(1, 5, 3, 0, unknown)])).toBe('no')
  })

  test('may take a write that was answered false, and never one that failed', () => {
    expect(verdict(register(), [write(1, 5, 1, 2, ok(false)), read(2, 5, 3, 4)])).toBe('yes')
    expect(verdict(register(), [write(1, 5, 1, 2, ok(false)), read(2, 0, 3, 4)])).toBe('yes')
    expect(verdict(register(), [write(1, 5, 1, 2, { kind: 'fail', error: 'refused' }), read(2, 5, 3, 4)])).toBe('no')
  })

  test('compares values by content', () => {
    expect(verdict(register(), [write(1, { a: 1, b: [2] }, 1, 2), read(2, { b: [2], a: 1 }, 3, 4)])).toBe('yes')
    expect(verdict(register(), [write(1, '1', 1, 2), read(2, 1, 3, 4)])).toBe('no')
    expect(verdict(register(), [write(1, new Uint8Array([1, 2]), 1, 2), read(2, new Uint8Array([1, 2]), 3, 4)])).toBe('yes')
    expect(() => verdict(register(), [write(1, new Map(), 1, 2)])).toThrow(Misuse)
  })
})

describe('other models', () => {
  const cas = (client: number, from: number, to: number, invoked: number, result: boolean) =>
    record<CasRegisterOp>(client, { f: 'cas', from, to }, invoked, invoked + 1, ok(result))

  test('a cas-register sets only what it found, and a refused cas says that the value was another', () => {
    const start = record<CasRegisterOp>(1, { f: 'write', value: 1 }, 1, 2, ok(true))
    expect(verdict(casRegister(), [start, cas(1, 1, 2, 3, true), cas(2, 1, 3, 5, false)])).toBe('yes')
    expect(verdict(casRegister(), [start, cas(1, 1, 2, 3, true), cas(2, 1, 3, 5, true)])).toBe('no')
    expect(verdict(casRegister(), [start, cas(1, 1, 2, 3, false)])).toBe('no')
  })

  test('keys of a kv are judged apart, and the earliest unexplained answer is told', () => {
    const put = (key: string, value: number, at: number) => record(1, { f: 'put' as const, key, value }, at, at + 1, ok(true))
    const get = (key: string, value: number | null, at: number) => record(2, { f: 'get' as const, key }, at, at + 1, ok(value))
    expect(verdict(kv(), [put('a', 1, 1), put('b', 2, 3), get('a', 1, 5), get('b', 2, 7)])).toBe('yes')
    const found = checkLinearizable(kv(), [put('a', 1, 1), put('b', 2, 3), get('b', null, 5), get('a', null, 7)])
    expect(found).toMatchObject({ verdict: 'no', at: { op: { f: 'get', key: 'b' } } })
    expect(found.verdict === 'no' && found.message).toBe(
      'client-2 read null at key "b" at 0.006 s, after client-1\'s write of 2 at key "b" was acknowledged at 0.004 s',
    )
  })

  test('appends join, deletes clear', () => {
    const step = (op: Parameters<ReturnType<typeof kv>['apply']>[1], at: number, result: unknown) => record(1, op, at, at + 1, ok(result))
    const history = [
      step({ f: 'append', key: 1, value: 'a' }, 1, null),
      step({ f: 'append', key: 1, value: 'b' }, 3, null),
      step({ f: 'get', key: 1 }, 5, 'ab'),
      step({ f: 'delete', key: 1 }, 7, true),
    ]
    expect(verdict(kv(), [...history, step({ f: 'get', key: 1 }, 9, null)])).toBe('yes')
    expect(verdict(kv(), [...history, step({ f: 'get', key: 1 }, 9, 'ab')])).toBe('no')
  })

  test('a lock has one holder', () => {
    const by = (client: number, f: LockOp['f'], invoked: number, result: boolean) => record<LockOp>(client, { f }, invoked, invoked + 1, ok(result))
    expect(verdict(lock(), [by(1, 'acquire', 1, true), by(2, 'acquire', 3, false), by(1, 'release', 5, true), by(2, 'acquire', 7, true)])).toBe('yes')
    const found = checkLinearizable(lock(), [by(1, 'acquire', 1, true), by(2, 'acquire', 3, true)])
    expect(found.verdict === 'no' && found.message).toBe(
      "client-2 acquired the lock at 0.004 s, after client-1's acquisition of the lock was acknowledged at 0.002 s",
    )
    expect(verdict(lock(), [by(1, 'acquire', 1, true), by(2, 'release', 3, true)])).toBe('no')
  })
})

describe('a verdict', () => {
  test('names the answer and what it contradicts', () => {
    const history = [write(1, 871, 12_200, 12_280), read(2, 871, 12_281, 12_290), read(2, 0, 12_291, 12_304), read(1, 871, 12_305, 12_306)]
    expect(messageOf(linearizable('register')(history))).toBe("client-2 read 0 at 12.304 s, after client-1's write of 871 was acknowledged at 12.280 s")
    const found = checkLinearizable(register(), history)
    expect(found).toMatchObject({ verdict: 'no', at: history[2], prefix: [history[0], history[1]] })
  })

  test('names the read that proves an unanswered write', () => {
    const history = [write(1, 871, 1, 0, unknown), read(3, 871, 2, 5), read(2, 0, 6, 8)]
    expect(messageOf(linearizable('register')(history))).toBe('client-2 read 0 at 0.008 s, after client-3 read 871 at 0.005 s')
  })

  test('is unknown when the steps run out, and the judge says so', () => {
    const history = Array.from({ length: 14 }, (_, i) => write(i, i + 1, 1, 50)).concat(read(20, 99, 2, 51))
    const found = checkLinearizable(register(), history, { maxSteps: 1_000 })
    expect(found.verdict).toBe('unknown')
    expect(found.steps).toBeLessThan(1_100)
    expect(linearizable('register', { maxSteps: 1_000 })(history)).toMatchObject({ check: 'linearizability undecided (register)' })
    expect(messageOf(linearizable('register', { maxSteps: 1_000 })(history))).toMatch(/^undecided after 1,0\d\d steps, at client-20 read 99/)
  })

  test('of an empty history is yes', () => {
    expect(verdict(register(), [])).toBe('yes')
  })

  test('does not depend on which run asked', () => {
    const judge = linearizable('cas-register')
    expect(judge([])).toBeUndefined()
    const impossible = record<CasRegisterOp>(1, { f: 'read' }, 1, 2, ok(4))
    expect(judge([impossible])).toEqual({
      check: 'not linearizable (cas-register)',
      message: 'client-1 read 4 at 0.002 s, which no order of the operations until then explains',
      record: impossible,
    })
    expect(judge([])).toBeUndefined()
  })

  test('of a history with thousands of unanswered writes is quick both ways', () => {
    // Two clients, every other write unanswered, and half of those take effect late.
    const history: OperationRecord<RegisterOp, unknown>[] = []
    let step = 0
    const late: number[] = []
    for (let i = 1; i <= 3_000; i++) {
      history.push(write(1, i, step + 1, 0, unknown))
      late.push(i)
      const seen = i % 2 === 0 ? late.splice(Math.floor(late.length / 2), 1)[0] : undefined
      if (seen !== undefined) history.push(read(2, seen, step + 2, step + 3))
      history.push(write(2, -i, step + 4, step + 5), read(1, -i, step + 6, step + 7))
      step += 8
    }
    const yes = checkLinearizable(register(), history)
    expect(yes.verdict).toBe('yes')
    history.push(write(2, -1, step + 1, step + 2), read(1, -2, step + 3, step + 4))
    expect(verdict(register(), history)).toBe('no')
  }, 10_000)
})

describe('against trying every order', () => {
  const maxOperations = 7

  /** An operation with its time span, made into records with distinct steps. */
  const arbitraryHistory = <Op>(operation: fc.Arbitrary<{ op: Op; outcome: OperationOutcome<unknown> }>) =>
    fc
      .array(
        fc.record({ one: operation, client: fc.integer({ min: 0, max: 2 }), from: fc.integer({ min: 0, max: 30 }), length: fc.integer({ min: 1, max: 14 }) }),
        {
          maxLength: maxOperations,
        },
      )
      .map((drawn) =>
        drawn
          .map(({ one, client, from, length }, i) => record(client, one.op, from * 10 + i, (from + length) * 10 + i, one.outcome))
          .sort((a, b) => a.invokedAtStep - b.invokedAtStep),
      )
  const value = fc.integer({ min: 0, max: 2 })
  const outcomeOf = (result: fc.Arbitrary<unknown>) =>
    fc.oneof(
      { weight: 5, arbitrary: result.map(ok) },
      { weight: 2, arbitrary: fc.constant(unknown) },
      { weight: 1, arbitrary: fc.constant({ kind: 'fail', error: 'no' } as const) },
    )
  type Drawn<Op> = fc.Arbitrary<{ op: Op; outcome: OperationOutcome<unknown> }>
  const registerOperation: Drawn<RegisterOp> = fc.oneof(
    fc.record({ op: fc.constant({ f: 'read' } as const), outcome: outcomeOf(value) }),
    fc.record({ op: fc.record({ f: fc.constant('write' as const), value }), outcome: outcomeOf(fc.constantFrom(true, true, false)) }),
  )
  const casOperation: Drawn<CasRegisterOp> = fc.oneof(
    registerOperation,
    fc.record({ op: fc.record({ f: fc.constant('cas' as const), from: value, to: value }), outcome: outcomeOf(fc.boolean()) }),
  )
  const lockOperation = fc.record({ op: fc.record({ f: fc.constantFrom('acquire' as const, 'release' as const) }), outcome: outcomeOf(fc.boolean()) })

  /** Every subset of the unanswered, every order that respects real time. */
  function brute<Op>(model: SequentialModel<Op, unknown>, history: readonly OperationRecord<Op, unknown>[]): boolean {
    const records = history.filter((one) => one.outcome.kind !== 'fail')
    const required = (one: OperationRecord<Op, unknown>) => answerOf(model, one).kind === 'ok'
    const end = (one: OperationRecord<Op, unknown>) => (required(one) ? one.completedAtStep! : Number.POSITIVE_INFINITY)
    const go = (left: readonly OperationRecord<Op, unknown>[], state: SequentialModel<Op, unknown>['initial']): boolean => {
      if (!left.some(required)) return true
      const deadline = Math.min(...left.map(end))
      return left.some((one) => {
        if (one.invokedAtStep > deadline) return false
        const next = model.apply(state, one.op, answerOf(model, one), one.client)
        const rest = left.filter((other) => other !== one)
        return (next !== rejected && go(rest, next)) || (!required(one) && go(rest, state))
      })
    }
    return go(records, model.initial)
  }

  const agrees = <Op>(model: SequentialModel<Op, unknown>, operation: fc.Arbitrary<{ op: Op; outcome: OperationOutcome<unknown> }>) => {
    let accepted = 0
    let refused = 0
    fc.assert(
      fc.property(arbitraryHistory(operation), (history) => {
        const expected = brute(model, history)
        if (expected) accepted++
        else refused++
        expect(verdict(model, history)).toBe(expected ? 'yes' : 'no')
      }),
      { numRuns: 3_000, seed: 20_261_121 },
    )
    // Both verdicts must have been put to the test.
    expect(Math.min(accepted, refused)).toBeGreaterThan(300)
  }

  test('the register agrees', () => agrees(register(), registerOperation))
  test('the cas-register agrees', () => agrees(casRegister({ initial: 0 }), casOperation))
  test('the cas-register of unknown beginning agrees', () => agrees(casRegister(), casOperation))
  test('the lock agrees', () => agrees(lock(), lockOperation))

  test('the first unexplained answer is the last of the shortest prefix that no order explains', () => {
    fc.assert(
      fc.property(arbitraryHistory(registerOperation), (history) => {
        const model = register({ initial: 0 })
        const found = checkLinearizable(model, history)
        if (found.verdict === 'yes') return
        const answers = history
          .filter((one) => answerOf(model, one).kind === 'ok' && one.outcome.kind === 'ok')
          .map((one) => one.completedAtStep!)
          .sort((a, b) => a - b)
        const until = (step: number) =>
          history
            .filter((one) => one.invokedAtStep <= step)
            .map((one) => (one.completedAtStep !== null && one.completedAtStep > step && one.outcome.kind === 'ok' ? { ...one, outcome: unknown } : one))
        const first = answers.find((step) => !brute(model, until(step)))
        expect(found.at.completedAtStep).toBe(first)
      }),
      { numRuns: 1_000, seed: 20_261_122 },
    )
  })
})

describe('generated linearizable histories', () => {
  test('are accepted, with any number of clients and lost answers', () => {
    // Each operation takes effect at its point, its span lies around it, and a part of the answers is lost.
    const operation = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      write: fc.boolean(),
      value: fc.integer({ min: 1, max: 4 }),
      before: fc.integer({ min: 0, max: 25 }),
      after: fc.integer({ min: 0, max: 25 }),
      lost: fc.integer({ min: 0, max: 5 }),
    })
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120 }), (drawn) => {
        const values = new Map<string, number>()
        const history = drawn.map(({ key, write, value, before, after, lost }, i) => {
          if (write && lost !== 1) values.set(key, value)
          const result = write ? true : (values.get(key) ?? null)
          const outcome = lost <= 1 ? unknown : ok(result)
          const op = write ? { f: 'put' as const, key, value } : { f: 'get' as const, key }
          return record(i, op, i * 1_000 - before * 997, i * 1_000 + after * 991 + 1, outcome)
        })
        history.sort((a, b) => a.invokedAtStep - b.invokedAtStep)
        expect(verdict(kv(), history)).toBe('yes')
      }),
      { numRuns: 300, seed: 20_261_123 },
    )
  })
})

describe('types', () => {
  test('a workload infers its operations and results beside a named judge', () => {
    const made = workload({
      clients: 2,
      generate: (random, _client, i) => (random.int(2) ? { f: 'write' as const, value: random.int(999), version: i } : { f: 'read' as const }),
      perform: async (_host: Host, op): Promise<number | boolean> => (op.f === 'read' ? 0 : op.version > op.value),
      judge: linearizable('register'),
    })
    type Op = ReturnType<typeof made.generate>
    expectTypeOf<Op>().toEqualTypeOf<{ f: 'write'; value: number; version: number } | { f: 'read'; value?: undefined; version?: undefined }>()
    expectTypeOf<Awaited<ReturnType<typeof made.perform>>>().toEqualTypeOf<number | boolean>()
    expectTypeOf(linearizable('lock')).toEqualTypeOf<Judge<LockOp, unknown>>()
  })

  test('an unknown model is a misuse', () => {
    expect(() => linearizable('regster' as 'register')).toThrow(
      "no model is named 'regster': there are register, cas-register, kv, queue, set, log, lock, bank",
    )
  })
})
