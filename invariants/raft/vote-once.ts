import { aspects } from './aspects.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/** On its disk a member votes once a term, for ever; and a vote that made a leader is on the voter's disk. */
export const voteOnce = (observation: RaftObservation) =>
  observation.invariantOn('VoteOnce', aspects.standing | aspects.disk, () => ({ touched, persisted }) => {
    for (let i = 0; i < persisted.length; i++) {
      const { disk, hardStateBefore, group, name } = persisted[i] as MemberView
      const { term, vote } = disk?.hardState ?? hardStateBefore
      if (disk?.wiped) continue
      if (term === hardStateBefore.term && hardStateBefore.vote !== null && vote !== hardStateBefore.vote) {
        return `${group.name}: the durable vote of ${name} in term ${term} was for ${hardStateBefore.vote} and is for ${vote}`
      }
    }
    for (let i = 0; i < touched.length; i++) {
      const member = touched[i] as MemberView
      const { now, before, isNewLife } = member
      if (now.role !== 'leader' || (!isNewLife && before.role === 'leader' && before.term === now.term)) continue
      const missing = votesNotKept(member)
      if (missing !== undefined) return missing
    }
    return undefined
  })

function votesNotKept({ node, group, now, id, name }: MemberView): string | undefined {
  const state = node?.machineState
  if (state === undefined) return undefined
  for (const [place, granted] of state.votes.entries()) {
    const voter = group.member(state.quorum.members[place] as number)
    if (granted !== true || voter.disk?.wiped) continue
    const { term, vote } = voter.disk?.hardState ?? { term: 0, vote: null }
    if (term < now.term || (term === now.term && vote !== id)) {
      return `${group.name}: ${voter.name} voted for ${name} in term ${now.term}, and its disk says ${vote === null ? 'nobody' : group.peers[vote]} in ${term}`
    }
  }
  return undefined
}
