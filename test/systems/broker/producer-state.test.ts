import { describe, expect, test } from 'vitest'
import { advance, ProducerState } from '../../../systems/broker/producer-state.js'
import { encodeBatch } from '../../../systems/broker/record-batch.js'

const batch = (id: number, epoch: number, sequence: number, records = 1) =>
  encodeBatch(
    Array.from({ length: records }, () => ({ key: null, value: null, timestamp: 0 })),
    { producer: { id, epoch, sequence } },
  )

/** After batches of these sequences (two records each), at offsets twice their place. */
function stateAfter(...sequences: number[]): ProducerState {
  const state = new ProducerState()
  for (const [i, sequence] of sequences.entries()) state.remember(batch(7, 1, sequence, 2), i * 2)
  return state
}

describe('the producers that a partition remembers', () => {
  test.each([
    ['a batch without a producer', stateAfter(0), batch(-1, -1, -1), { kind: 'accepted' }],
    ['the first batch of a producer', stateAfter(0), batch(8, 0, 0), { kind: 'accepted' }],
    ['an unknown producer in the middle of its sequence', stateAfter(0), batch(8, 0, 4), { kind: 'refused', error: 'UNKNOWN_PRODUCER_ID' }],
    ['the next batch', stateAfter(0, 2), batch(7, 1, 4), { kind: 'accepted' }],
    ['a hole', stateAfter(0, 2), batch(7, 1, 6), { kind: 'refused', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }],
    ['the last batch again', stateAfter(0, 2), batch(7, 1, 2, 2), { kind: 'duplicate', baseOffset: 2 }],
    ['the fifth last batch again', stateAfter(0, 2, 4, 6, 8), batch(7, 1, 0, 2), { kind: 'duplicate', baseOffset: 0 }],
    ['the sixth last batch again', stateAfter(0, 2, 4, 6, 8, 10), batch(7, 1, 0, 2), { kind: 'refused', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }],
    ['the last batch with another length', stateAfter(0, 2), batch(7, 1, 2, 1), { kind: 'refused', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }],
    ['an older epoch', stateAfter(0, 2), batch(7, 0, 4), { kind: 'refused', error: 'INVALID_PRODUCER_EPOCH' }],
    ['a newer epoch from 0 on', stateAfter(0, 2), batch(7, 2, 0), { kind: 'accepted' }],
    ['a newer epoch in the middle', stateAfter(0, 2), batch(7, 2, 4), { kind: 'refused', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }],
    ['a sequence that wraps', stateAfter(2 ** 31 - 1), batch(7, 1, 1), { kind: 'accepted' }],
  ])('%s is judged', (_, state, next, verdict) => {
    expect(state.check(next)).toEqual(verdict)
  })

  test('sequences wrap to 0 after 31 bits', () => {
    expect([advance(2 ** 31 - 1, 1), advance(2 ** 31 - 2, 3), advance(5, 2)]).toEqual([0, 1, 7])
  })

  test('a new epoch forgets the batches of the old', () => {
    const state = stateAfter(0, 2)
    state.remember(batch(7, 2, 0, 2), 40)
    expect(state.check(batch(7, 2, 0, 2))).toEqual({ kind: 'duplicate', baseOffset: 40 })
    expect(state.check(batch(7, 1, 2, 2))).toEqual({ kind: 'refused', error: 'INVALID_PRODUCER_EPOCH' })
  })

  test('bytes bring it back, order of use included', () => {
    const state = new ProducerState(3)
    for (const id of [1, 2, 3]) state.remember(batch(id, 0, 0, 2), id)
    state.remember(batch(1, 0, 2, 2), 2 ** 40)
    const copy = ProducerState.decode(state.encode(), 3)
    for (const each of [state, copy]) each.remember(batch(4, 0, 0), 9)
    expect(copy.encode()).toEqual(state.encode())
    expect(copy.check(batch(1, 0, 2, 2))).toEqual({ kind: 'duplicate', baseOffset: 2 ** 40 })
    expect(copy.check(batch(2, 0, 2, 2))).toEqual({ kind: 'refused', error: 'UNKNOWN_PRODUCER_ID' })
    expect(copy.size).toBe(3)
  })
})
