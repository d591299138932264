import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OperationRecord } from '../../../../sim/check/history.js'
import { type KvOp, kv, type QueueOp, queue, rejected } from '../../../../sim/check/linearizability/models.js'
import { answerOf } from '../../../../sim/check/linearizability/search-events.js'
import { checkSequential } from '../../../../sim/check/sessions/sequential.js'
import { checkSessions, type SessionGuarantee, sessionGuarantees } from '../../../../sim/check/sessions/session-guarantees.js'
import { inTurn, ok, unknown } from './records.js'

type Step = readonly [client: number, op: KvOp, outcome: OperationRecord<KvOp, unknown>['outcome']]
const put = (client: number, key: string, value: number): Step => [client, { f: 'put', key, value }, ok(true)]
const get = (client: number, key: string, value: number | null): Step => [client, { f: 'get', key }, ok(value)]
const names = (steps: readonly Step[], guarantees?: readonly SessionGuarantee[]): string[] =>
  checkSessions(inTurn(...steps), guarantees).map(({ name }) => name)
/** Which guarantees are broken, each judged alone. */
const broken = (...steps: readonly Step[]): string[] => sessionGuarantees.filter((one) => names(steps, [one]).length > 0)

describe('each guarantee alone is broken by', () => {
  test("a read that does not show the client's own write", () => {
    expect(broken(put(1, 'x', 1), get(1, 'x', null))).toEqual(['read-your-writes', 'causal'])
    expect(broken(put(1, 'x', 1), get(2, 'x', null))).toEqual([])
  })

  test('reads that go back', () => {
    expect(broken(put(1, 'x', 1), get(2, 'x', 1), get(2, 'x', null))).toEqual(['monotonic-reads', 'causal'])
    expect(broken(put(1, 'x', 1), put(3, 'x', 2), get(2, 'x', 1), get(2, 'x', 2), get(2, 'x', 1))).toEqual(['monotonic-reads'])
    expect(broken(put(1, 'x', 1), put(3, 'x', 2), get(2, 'x', 1), get(2, 'x', 2), get(4, 'x', 2), get(4, 'x', 1))).toEqual(['monotonic-reads'])
  })

  test('what a client read before it wrote, and another after it', () => {
    expect(names([put(1, 'x', 1), get(2, 'x', 1), put(2, 'x', 2), get(3, 'x', 2), get(3, 'x', 1)], ['writes-follow-reads', 'monotonic-reads'])).toHaveLength(1)
    expect(broken(put(1, 'x', 1), get(2, 'x', 1), put(2, 'x', 2), get(3, 'x', 2), get(3, 'x', 1))).toEqual(['causal'])
  })

  test('writes of a client that are seen in another order, together with reads that do not go back', () => {
    const steps = [put(1, 'x', 1), put(1, 'x', 2), get(2, 'x', 2), get(2, 'x', 1)]
    expect(names(steps, ['monotonic-writes'])).toEqual([])
    expect(names(steps, ['monotonic-reads'])).toEqual([])
    expect(names(steps, ['monotonic-writes', 'monotonic-reads'])).toHaveLength(1)
  })

  test('a cause that is not seen where its effect is, across keys', () => {
    const steps = [put(1, 'x', 1), put(1, 'y', 2), get(2, 'y', 2), get(2, 'x', null)]
    expect(broken(...steps)).toEqual(['causal'])
    expect(checkSessions(inTurn(...steps))[0]!.message).toBe(
      'client-2 read null at key "x" at 0.007 s, though client-1 wrote 1 over it, and that is a cause of the read',
    )
  })

  test('a value that was written only because it had been read', () => {
    expect(broken(get(1, 'x', 1), put(1, 'y', 1), get(2, 'y', 1), put(2, 'x', 1))).toEqual(['causal'])
  })
})

describe('sessions', () => {
  test('may see the writes of others late, and in any order that all agree on', () => {
    const steps = [put(1, 'x', 1), put(2, 'x', 2), get(3, 'x', null), get(3, 'x', 2), get(3, 'x', 1), get(4, 'x', 2), get(4, 'x', 1)]
    expect(names(steps)).toEqual([])
  })

  test('owe nothing to a write in doubt, and a value that nobody wrote is garbage', () => {
    expect(names([[1, { f: 'put', key: 'x', value: 1 }, unknown], get(1, 'x', null), get(1, 'x', 1)])).toEqual([])
    expect(names([get(1, 'x', 1)])).toEqual(['garbage-read'])
  })

  test('of histories of one copy break nothing, whichever copy each client reads as of then', () => {
    const step = fc.record({ client: fc.integer({ min: 1, max: 4 }), key: fc.constantFrom('x', 'y'), write: fc.boolean(), lag: fc.integer({ min: 0, max: 5 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (drawn) => {
        // A log of writes; each client sees a growing part of it, and always its own writes.
        const log: { key: string; value: number }[] = []
        const seen = new Map<number, number>()
        const steps = drawn.map(({ client, key, write, lag }): Step => {
          if (write) {
            log.push({ key, value: log.length + 1 })
            seen.set(client, log.length)
            return put(client, key, log.length)
          }
          const upTo = Math.max(seen.get(client) ?? 0, log.length - lag)
          seen.set(client, upTo)
          return get(client, key, log.slice(0, upTo).findLast((one) => one.key === key)?.value ?? null)
        })
        expect(names(steps)).toEqual([])
        expect(checkSequential(kv(), inTurn(...steps)).verdict).toBe('yes')
      }),
      { numRuns: 200 },
    )
  })
})

describe('sequential consistency', () => {
  test('keeps the order of clients, and not that of time', () => {
    expect(checkSequential(kv(), inTurn(put(1, 'x', 1), get(2, 'x', null), get(2, 'x', 1))).verdict).toBe('yes')
    const found = checkSequential(kv(), inTurn(put(1, 'x', 1), get(2, 'x', 1), get(2, 'x', null)))
    expect(found.verdict).toBe('no')
    expect(found.stuck.map(({ client }) => client)).toEqual([2])
  })

  test('is one order for all keys together', () => {
    const steps = [put(1, 'x', 1), put(2, 'y', 1), get(1, 'y', null), get(2, 'x', null)]
    expect(checkSequential(kv(), inTurn(...steps)).verdict).toBe('no')
    expect(checkSequential(queue(), inTurn<QueueOp, unknown>([1, { f: 'enqueue', value: 1 }, ok(true)], [2, { f: 'dequeue' }, ok(1)])).verdict).toBe('yes')
  })

  test('agrees with trying every order', () => {
    const value = fc.constantFrom(1, 2)
    const key = fc.constantFrom('x', 'y')
    const step: fc.Arbitrary<Step> = fc
      .record({
        client: fc.integer({ min: 1, max: 3 }),
        key,
        value,
        write: fc.boolean(),
        lost: fc.constantFrom(false, false, true),
        none: fc.constantFrom(false, true),
      })
      .map(({ client, key: at, value: shown, write, lost, none }) => {
        if (write) return [client, { f: 'put', key: at, value: shown }, lost ? unknown : ok(true)]
        return get(client, at, none ? null : shown)
      })
    const model = kv()
    const brute = (history: readonly OperationRecord<KvOp, unknown>[]): boolean => {
      const isRequired = (one: OperationRecord<KvOp, unknown>) => answerOf(model, one).kind === 'ok'
      const go = (left: readonly OperationRecord<KvOp, unknown>[], state: ReadonlyMap<string, ReturnType<typeof model.apply>>): boolean => {
        if (!left.some(isRequired)) return true
        return left.some((one) => {
          const rest = left.filter((other) => other !== one)
          if (!isRequired(one) && go(rest, state)) return true
          if (rest.some((other) => other.client === one.client && isRequired(other) && other.invokedAtStep < one.invokedAtStep)) return false
          const before = state.get(String(one.op.key)) ?? model.initial
          const next = before === rejected ? rejected : model.apply(before, one.op, answerOf(model, one), one.client)
          return next !== rejected && go(rest, new Map(state).set(String(one.op.key), next))
        })
      }
      return go(history, new Map())
    }
    let refused = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 7 }), (steps) => {
        const history = inTurn(...steps)
        const expected = brute(history)
        if (!expected) refused++
        expect(checkSequential(model, history).verdict).toBe(expected ? 'yes' : 'no')
      }),
      { numRuns: 600, seed: 20_261_128 },
    )
    expect(refused).toBeGreaterThan(100)
  })

  test('is unknown when the steps run out', () => {
    const steps = Array.from({ length: 12 }, (_, i): Step => put(i, 'x', i + 1)).concat([get(20, 'x', 99)])
    expect(checkSequential(kv(), inTurn(...steps), { maxSteps: 500 }).verdict).toBe('unknown')
  })
})
