import { describe, expect, test } from 'vitest'
import { checkBankTotals } from '../../../../sim/check/counts/bank-totals.js'
import { type CounterOp, checkCounter } from '../../../../sim/check/counts/counter.js'
import { checkLocks } from '../../../../sim/check/counts/fenced-lock.js'
import { judgeOf } from '../../../../sim/check/counts/finding.js'
import { checkGrowSet, type GrowSetOp } from '../../../../sim/check/counts/grow-set.js'
import { checkUniqueIds } from '../../../../sim/check/counts/unique-ids.js'
import type { OperationOutcome } from '../../../../sim/check/history.js'
import type { BankOp, LockOp } from '../../../../sim/check/linearizability/models.js'
import { failed, inTurn, ok, record, unknown } from '../sessions/records.js'

type Step<Op> = readonly [client: number, op: Op, outcome: OperationOutcome<unknown>]
const names = (findings: readonly { name: string }[]): string[] => findings.map(({ name }) => name)

describe('a grow-only set', () => {
  const add = (value: number): Step<GrowSetOp> => [1, { f: 'add', value }, ok(true)]
  const read = (...values: number[]): Step<GrowSetOp> => [2, { f: 'read' }, ok(values)]
  const of = (...steps: Step<GrowSetOp>[]) => names(checkGrowSet(inTurn(...steps)))

  test('shows what was added', () => {
    expect(of(read(), add(1), read(1), add(2), read(2, 1))).toEqual([])
    expect(of([1, { f: 'add', value: 1 }, unknown], read(), read(1), read(1))).toEqual([])
  })
  test('loses an element, or shows it late', () => {
    expect(of(add(1), add(2), read(1), read(1))).toEqual(['lost'])
    expect(of(add(1), read(), read(1))).toEqual(['stale'])
    expect(names(checkGrowSet(inTurn(add(1), read(), read(1)), { linearizable: false }))).toEqual([])
    expect(of([1, { f: 'add', value: 1 }, unknown], read(1), read())).toEqual(['lost'])
  })
  test('shows what nobody added, or what failed, or something twice', () => {
    expect(of(read(7))).toEqual(['unexpected'])
    expect(of([1, { f: 'add', value: 1 }, failed], read(1))).toEqual(['unexpected'])
    expect(of(add(1), read(1, 1))).toEqual(['duplicate'])
  })
  test('takes each element once', () => {
    expect(() => of(add(1), add(1))).toThrow('1 is added twice')
  })
})

describe('a counter', () => {
  const add = (value: number, outcome: OperationOutcome<unknown> = ok(true)): Step<CounterOp> => [1, { f: 'add', value }, outcome]
  const read = (value: number): Step<CounterOp> => [2, { f: 'read' }, ok(value)]
  const of = (...steps: Step<CounterOp>[]) => checkCounter(inTurn(...steps))

  test('shows a sum of what was acknowledged and of some of what is in doubt', () => {
    expect(of(add(5), read(5), add(2, unknown), read(5), read(7), add(-3), read(4))).toEqual([])
    expect(of(add(5), read(4))[0]!.message).toBe("client-2's read at 0.003 s shows 4, and it was 5")
    expect(of(add(5), add(2, unknown), add(-1, unknown), read(8))[0]!.message).toBe("client-2's read at 0.007 s shows 8, and it was between 4 and 7")
    expect(of(add(5, failed), read(5))).toHaveLength(1)
  })
  test('may show what is under way', () => {
    const adding = record<CounterOp, unknown>(1, { f: 'add', value: 3 }, 1, 9, ok(true))
    const reading = (value: number) => record<CounterOp, unknown>(2, { f: 'read' }, 2, 3, ok(value))
    expect(checkCounter([adding, reading(0)])).toEqual([])
    expect(checkCounter([adding, reading(3)])).toEqual([])
    expect(checkCounter([adding, reading(2)])).toEqual([])
    expect(checkCounter([adding, reading(4)])).toHaveLength(1)
  })
})

describe('a bank', () => {
  const read = (balances: Record<string, number>): Step<BankOp> => [1, { f: 'read' }, ok(balances)]
  const of = (options: Parameters<typeof checkBankTotals>[1], ...reads: Step<BankOp>[]) => names(checkBankTotals(inTurn<BankOp, unknown>(...reads), options))

  test('keeps its total, no balance below zero, and its accounts', () => {
    expect(of({}, read({ a: 5, b: 5 }), read({ a: 0, b: 10 }))).toEqual([])
    expect(of({}, read({ a: 5, b: 5 }), read({ a: 5, b: 6 }))).toEqual(['wrong-total'])
    expect(of({ total: 11 }, read({ a: 5, b: 5 }))).toEqual(['wrong-total'])
    expect(of({}, read({ a: 11, b: -1 }))).toEqual(['negative'])
    expect(of({ mayOverdraw: true }, read({ a: 11, b: -1 }))).toEqual([])
    expect(of({ accounts: ['a', 'b'] }, read({ a: 5, c: 5 }))).toEqual(['missing-account', 'unexpected-account'])
  })
})

test('identifiers are given once', () => {
  const given = (value: unknown): Step<{ f: 'generate' }> => [1, { f: 'generate' }, ok(value)]
  expect(checkUniqueIds(inTurn(given(1), given('1'), given([1])))).toEqual([])
  expect(names(checkUniqueIds(inTurn(given([1]), given(2), given([1]))))).toEqual(['duplicate'])
})

test('locks have one holder, and tokens that rise', () => {
  const acquire = (client: number, result: unknown): Step<LockOp> => [client, { f: 'acquire' }, ok(result)]
  const release = (client: number): Step<LockOp> => [client, { f: 'release' }, ok(true)]
  expect(checkLocks(inTurn(acquire(1, 1), release(1), acquire(2, 2)))).toEqual([])
  expect(names(checkLocks(inTurn(acquire(1, 1), acquire(2, 2))))).toEqual(['two-holders'])
  expect(names(checkLocks(inTurn(acquire(1, 2), release(1), acquire(2, 2))))).toEqual(['token-not-higher'])
})

test('a check is a judge: its first finding is the fault', () => {
  const judge = judgeOf(checkUniqueIds)
  const history = inTurn<{ f: 'generate' }, unknown>([1, { f: 'generate' }, ok(1)], [2, { f: 'generate' }, ok(1)])
  expect(judge(history.slice(0, 1))).toBeUndefined()
  expect(judge(history)).toEqual({
    check: 'history (duplicate)',
    message: "1 is given to client-1's generate at 0.001 s and to client-2's generate at 0.003 s",
    record: history[1],
  })
})
