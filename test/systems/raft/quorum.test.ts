import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { majority, majorityValue, majorityVote } from '../../../systems/raft/quorum.js'

const configuration = (size: number) => ({ voters: Array.from({ length: size }, (_, id) => id) })

describe('quorum', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [7, 4],
  ])('of %i voters %i are a majority', (size, needed) => {
    expect(majority(configuration(size))).toBe(needed)
  })

  it('the majority value is the one at its place among the sorted values', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 9 }), (values) => {
        const sorted = [...values].sort((a, b) => b - a)
        expect(majorityValue(configuration(values.length), values)).toBe(sorted[values.length >> 1])
      }),
    )
  })

  it('a vote is decided when the rest cannot change it', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(true, false, null), { minLength: 1, maxLength: 7 }), (votes) => {
        const wins = (rest: boolean) => votes.filter((vote) => vote ?? rest).length >= (votes.length >> 1) + 1
        const expected = wins(false) ? true : wins(true) ? undefined : false
        expect(majorityVote(configuration(votes.length), votes)).toBe(expected)
      }),
    )
  })
})
