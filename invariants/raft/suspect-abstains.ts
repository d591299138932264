import type { RaftNode } from '../../systems/raft/raft-node.js'
import { aspects } from './aspects.js'
import type { GroupView } from './group-view.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/**
 * A member that may have forgotten what it acknowledged knows that and does not campaign, and no leader that has heard of it in this life takes it for trusted.
 * That leaders do not count what such a member acknowledges is CommitDurable's.
 */
export const suspectAbstains = (observation: RaftObservation) =>
  observation.invariantOn('SuspectAbstains', aspects.standing | aspects.log | aspects.progress | aspects.disk, () => ({ touched }) => {
    for (let i = 0; i < touched.length; i++) {
      const { node, disk, now, group, name } = touched[i] as MemberView
      if (group.suspects === 0) continue
      if (disk?.suspect && now.role !== 'follower') return `${group.name}: ${name} became ${now.role}, and its disk says that it is suspect`
      if (disk?.suspect && node?.machineState.suspect === false) return `${group.name}: ${name} takes itself for trusted, and its disk says that it is suspect`
      const mistaken = now.role === 'leader' && node !== null ? takenForTrusted(group, node) : undefined
      if (mistaken !== undefined) return `${group.name}: leader ${name} takes ${mistaken} for trusted, and the disk of ${mistaken} says that it is suspect`
    }
    return undefined
  })

/** A suspect that the leader heard in the life that its disk is of: in that life it said nothing else before its disk did. */
function takenForTrusted({ members }: GroupView, { machineState }: RaftNode): string | undefined {
  for (const progress of machineState.progress) {
    if (progress === null || progress.suspect) continue
    const member = members[progress.member]
    if (member?.disk?.suspect && progress.incarnation === member.disk.incarnation) return member.name
  }
  return undefined
}
