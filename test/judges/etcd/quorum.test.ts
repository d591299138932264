import { describe, expect, it } from 'vitest'
import { configurationOf } from '../../../systems/raft/configuration.js'
import { type Quorum, quorumOf, quorumValue, quorumVote } from '../../../systems/raft/quorum.js'
import { commitCases, voteCases } from './quorum-cases.js'

/** Both ways round: which half is the incoming one must not matter. */
function quorums({ voters, outgoing }: { readonly voters: readonly number[]; readonly outgoing: readonly number[] | null }): Quorum[] {
  const configuration = { ...configurationOf(voters), outgoing: outgoing ?? [] }
  const swapped = { ...configurationOf(outgoing ?? []), outgoing: voters }
  return outgoing === null || outgoing.length === 0 || voters.length === 0 ? [quorumOf(configuration)] : [quorumOf(configuration), quorumOf(swapped)]
}

function listed({ voters, outgoing }: { readonly voters: readonly number[]; readonly outgoing: readonly number[] | null }): number[] {
  return [...new Set([...voters, ...(outgoing ?? [])])]
}

describe("the quorum cases of etcd's raft", () => {
  it('are 66 commits and 61 votes', () => {
    expect([commitCases.length, voteCases.length]).toEqual([66, 61])
  })

  it.each(commitCases)('$voters and $outgoing, holding $holds, have committed $committed', (one) => {
    const members = listed(one)
    for (const quorum of quorums(one)) {
      const values = quorum.members.map((member) => one.holds[members.indexOf(member)] as number)
      expect(quorumValue(quorum, values)).toBe(one.committed)
    }
  })

  it.each(voteCases)('$voters and $outgoing, voting $votes: $result', (one) => {
    const members = listed(one)
    for (const quorum of quorums(one)) {
      const votes = quorum.members.map((member) => ({ y: true, n: false })[one.votes[members.indexOf(member)] as string] ?? null)
      expect(quorumVote(quorum, votes)).toBe({ won: true, lost: false, open: undefined }[one.result])
    }
  })
})
