import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { configurationOf } from '../../../systems/raft/configuration.js'
import { groupedQuorumValue, majority, type Quorum, quorumOf, quorumValue, quorumVote } from '../../../systems/raft/quorum.js'

const ids = (size: number) => Array.from({ length: size }, (_, id) => id)
const simple = (size: number): Quorum => quorumOf(configurationOf(ids(size)))

/** Any joint configuration of up to seven members, learners too. */
const joint = fc
  .tuple(fc.uniqueArray(fc.nat(6), { minLength: 1 }), fc.uniqueArray(fc.nat(6), { minLength: 1 }), fc.uniqueArray(fc.nat(9)))
  .map(([voters, outgoing, learners]) => ({
    ...configurationOf(
      voters,
      learners.filter((member) => !voters.includes(member) && !outgoing.includes(member)),
    ),
    outgoing: [...outgoing].sort((a, b) => a - b),
  }))

describe('quorum', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [7, 4],
  ])('of %i voters %i are a majority', (size, needed) => {
    expect(majority(size)).toBe(needed)
  })

  it('the majority value is the one at its place among the sorted values', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 9 }), (values) => {
        const sorted = [...values].sort((a, b) => b - a)
        expect(quorumValue(simple(values.length), values)).toBe(sorted[values.length >> 1])
      }),
    )
  })

  it('a vote is decided when the rest cannot change it', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(true, false, null), { minLength: 1, maxLength: 7 }), (votes) => {
        const wins = (rest: boolean) => votes.filter((vote) => vote ?? rest).length >= (votes.length >> 1) + 1
        const expected = wins(false) ? true : wins(true) ? undefined : false
        expect(quorumVote(simple(votes.length), votes)).toBe(expected)
      }),
    )
  })

  it('a joint configuration decides by both majorities, and learners by none', () => {
    fc.assert(
      fc.property(joint, fc.array(fc.nat(20), { minLength: 17, maxLength: 17 }), (configuration, byMember) => {
        const quorum = quorumOf(configuration)
        const half = (voters: readonly number[]) => [...voters.map((voter) => byMember[voter] as number)].sort((a, b) => b - a)[voters.length >> 1] as number
        const values = quorum.members.map((member) => byMember[member] as number)
        expect(quorumValue(quorum, values)).toBe(Math.min(half(configuration.voters), half(configuration.outgoing)))
        const votes = values.map((value) => (value < 7 ? true : value < 14 ? false : null))
        const wins = (voters: readonly number[], rest: boolean) =>
          voters.filter((voter) => votes[quorum.members.indexOf(voter)] ?? rest).length >= (voters.length >> 1) + 1
        const both = (rest: boolean) => wins(configuration.voters, rest) && wins(configuration.outgoing, rest)
        expect(quorumVote(quorum, votes)).toBe(both(false) ? true : both(true) ? undefined : false)
      }),
    )
  })

  // The order: members 0 to 4; the values and groups that each has.
  it.each([
    { values: [9, 8, 7, 6, 5], groups: [1, 1, 2, 2, 2], expected: 7, why: 'the majority spans two groups' },
    { values: [9, 8, 7, 6, 5], groups: [1, 1, 1, 2, 2], expected: 6, why: 'the majority is of one group: the best of another one' },
    { values: [9, 8, 7, 6, 5], groups: [1, 1, 1, 1, 1], expected: 7, why: 'all are of one group' },
    { values: [9, 8, 7, 6, 5], groups: [0, 0, 0, 0, 0], expected: 5, why: 'no groups are known: what all hold' },
    { values: [9, 8, 7, 6, 5], groups: [1, 0, 1, 0, 1], expected: 5, why: 'one group, and some have none: what all hold' },
    { values: [9, 8, 7, 6, 5], groups: [1, 0, 1, 0, 2], expected: 5, why: 'the second group is the last' },
    { values: [3, 3, 9, 9, 9], groups: [1, 1, 2, 2, 2], expected: 3, why: 'a far group is waited for' },
  ])('group commit: $why', ({ values, groups, expected }) => {
    expect(groupedQuorumValue(simple(5), values, groups)).toBe(expected)
  })
})
