import { aspects } from './aspects.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/**
 * In a life the commit index never falls; it never passes the log, nor what is applied the commit index. Whose log lost its end knows no longer that what it had
 * applied is committed: it says so (`lacks`), and applies nothing until a snapshot comes. That it was committed is StateMachineSafety's.
 */
export const commitMonotonic = (observation: RaftObservation) =>
  observation.invariantOn('CommitMonotonic', aspects.log | aspects.progress, () => ({ touched }) => {
    for (let i = 0; i < touched.length; i++) {
      const { node, now, before, isNewLife, group, name } = touched[i] as MemberView
      if (!isNewLife && now.commit < before.commit) return `${group.name}: the commit index of ${name} fell from ${before.commit} to ${now.commit}`
      if (now.commit > now.lastIndex) return `${group.name}: ${name} takes ${now.commit} entries of a log of ${now.lastIndex} for committed`
      const isAheadOfLog = node !== null && node.machineState.lacks === now.applied && node.machineState.suspect
      if (now.applied > now.commit && !isAheadOfLog) return `${group.name}: ${name} applied ${now.applied} entries, and ${now.commit} are committed`
      if (!isNewLife && now.applied < before.applied) return `${group.name}: what ${name} applied fell from ${before.applied} to ${now.applied}`
    }
    return undefined
  })
