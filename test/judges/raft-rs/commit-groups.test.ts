import { describe, expect, it } from 'vitest'
import { configurationOf } from '../../../systems/raft/configuration.js'
import { groupedQuorumValue, type Quorum, quorumOf } from '../../../systems/raft/quorum.js'
import { type CommitGroupCase, jointCases, leaderCases } from './commit-group-cases.js'

/** Both ways round: which half is the incoming one must not matter. */
function quorums({ voters, outgoing }: CommitGroupCase): Quorum[] {
  const one = quorumOf({ ...configurationOf(voters), outgoing })
  return outgoing.length === 0 ? [one] : [one, quorumOf({ ...configurationOf(outgoing), outgoing: voters })]
}

function committed(quorum: Quorum, one: CommitGroupCase): number {
  const listed = [...new Set([...one.voters, ...one.outgoing])]
  const placed = (of: readonly number[]) => quorum.members.map((member) => of[listed.indexOf(member)] as number)
  return groupedQuorumValue(quorum, placed(one.holds), placed(one.groups))
}

describe("the commits by groups of tikv's raft", () => {
  it('are 14 of a leader and 14 of quorums', () => {
    expect([leaderCases.length, jointCases.length]).toEqual([14, 14])
  })

  it.each([...leaderCases, ...jointCases])('$voters and $outgoing of groups $groups, holding $holds, have committed $committed', (one) => {
    for (const quorum of quorums(one)) expect(committed(quorum, one)).toBe(one.committed)
  })
})
