import type { Configuration } from '../../systems/raft/configuration.js'
import { quorumOf, quorumVote } from '../../systems/raft/quorum.js'
import { aspects } from './aspects.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/**
 * Every member acts on the newest configuration that it knows to be committed, as the group committed it; and who comes to lead has the votes of a majority by it,
 * of both majorities while it is joint. What leaders commit is CommitDurable's.
 */
export const jointQuorum = (observation: RaftObservation) =>
  observation.invariantOn('JointQuorum', aspects.standing | aspects.progress, () => {
    /** By member: the last two that were found to be the same. */
    const acted: Configuration[] = []
    const committed: Configuration[] = []
    return ({ touched }) => {
      for (let i = 0; i < touched.length; i++) {
        const member = touched[i] as MemberView
        const { node, group, now, before, isNewLife, name } = member
        if (node === null || group.configurations.length === 0) continue
        const acting = node.machineState.configuration
        const inForce = group.configurationAt(now.commit)
        if (acting !== inForce && (acted[member.index] !== acting || committed[member.index] !== inForce)) {
          if (told(acting) !== told(inForce)) return `${group.name}: ${name} acts on ${told(acting)}, and by entry ${now.commit} ${told(inForce)} is in force`
          acted[member.index] = acting
          committed[member.index] = inForce
        }
        // Of a group that never changed, ElectionSafety says enough.
        if (group.configurations.length === 1 || now.role !== 'leader' || (!isNewLife && before.role === 'leader' && before.term === now.term)) continue
        if (!hasMajorities(member, inForce)) return `${group.name}: ${name} leads term ${now.term} without the votes of a majority of ${told(inForce)}`
      }
      return undefined
    }
  })

function hasMajorities({ node, id }: MemberView, inForce: Configuration): boolean {
  const state = node?.machineState
  if (state === undefined) return true
  const quorum = quorumOf(inForce)
  const votes = quorum.members.map((member) => member === id || state.votes[state.quorum.members.indexOf(member)] === true)
  return quorumVote(quorum, votes) === true
}

const told = ({ voters, outgoing, learners, nextLearners, leavesByItself }: Configuration): string =>
  JSON.stringify({ voters, outgoing, learners, nextLearners, leavesByItself })
