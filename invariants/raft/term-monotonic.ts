import type { Progress } from '../../systems/raft/progress.js'
import { aspects } from './aspects.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/**
 * A member's term never falls: not in a life, not on its disk, and no life begins in an earlier term than the disk had kept. Who leads a term has it on its
 * disk, and so have those whose word lets the leader commit.
 */
export const termMonotonic = (observation: RaftObservation) =>
  observation.invariantOn('TermMonotonic', aspects.standing | aspects.progress | aspects.disk, () => ({ touched, persisted }) => {
    for (let i = 0; i < persisted.length; i++) {
      const { disk, hardStateBefore, group, name } = persisted[i] as MemberView
      const term = disk?.hardState.term ?? 0
      // Whose disk was lost has forgotten its term, and says so.
      if (disk?.wiped) continue
      if (term < hardStateBefore.term) return `${group.name}: the durable term of ${name} fell from ${hardStateBefore.term} to ${term}`
    }
    for (let i = 0; i < touched.length; i++) {
      const member = touched[i] as MemberView
      const { now, before, isNewLife, group, name } = member
      if (!isNewLife && now.term < before.term) return `${group.name}: the term of ${name} fell from ${before.term} to ${now.term}`
      const durable = durableTerm(member)
      if (now.term < durable) return `${group.name}: ${name} is in term ${now.term}, its disk in ${durable}`
      if (now.role !== 'leader') continue
      if (now.term > durable) return `${group.name}: ${name} leads term ${now.term}, its disk says ${durable}`
      const forgetful = now.commit > before.commit ? termNotKept(member) : undefined
      if (forgetful !== undefined) return forgetful
    }
    return undefined
  })

const durableTerm = ({ disk }: MemberView): number => disk?.hardState.term ?? 0

/** Whoever acknowledged what the leader has just committed did so in the leader's term. */
function termNotKept({ node, group, now, name }: MemberView): string | undefined {
  const followers = node?.machineState.progress ?? []
  for (let i = 0; i < followers.length; i++) {
    const progress = followers[i] as Progress | null
    if (progress === null || progress.matched < now.commit) continue
    const follower = group.member(progress.member)
    if (durableTerm(follower) < now.term) {
      return `${group.name}: ${follower.name} acknowledged entry ${now.commit} to ${name} in term ${now.term}, and its disk says ${durableTerm(follower)}`
    }
  }
  return undefined
}
