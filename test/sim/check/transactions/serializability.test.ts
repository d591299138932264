import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkTransactions } from '../../../../sim/check/transactions/check-transactions.js'
import type { IsolationLevel } from '../../../../sim/check/transactions/isolation-levels.js'
import { isSerializable, type Order, transactionHistories } from './transaction-histories.js'

const levels: readonly (readonly [IsolationLevel, Order])[] = [
  ['serializable', 'none'],
  ['strong-session-serializable', 'session'],
  ['strict-serializable', 'realtime'],
]

describe('against trying every order', () => {
  const cases = levels.flatMap(([level, order]) => [
    { model: 'list-append' as const, level, order },
    { model: 'rw-register' as const, level, order },
  ])
  test.each(cases)('$model agrees on what is $level', ({ model, level, order }) => {
    let accepted = 0
    let refused = 0
    fc.assert(
      fc.property(transactionHistories(model === 'list-append' ? 'append' : 'w', 6), (history) => {
        const expected = isSerializable(history, order)
        if (expected) accepted++
        else refused++
        expect(checkTransactions(model, history, { level }).verdict).toBe(expected ? 'yes' : 'no')
      }),
      { numRuns: 2_000, seed: 20_261_128 },
    )
    expect(Math.min(accepted, refused)).toBeGreaterThan(150)
  })
})
