import { aspects } from './aspects.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/**
 * A follower removes entries only from a conflict on: where the leader's entry has another term (Raft paper, figure 2, AppendEntries, rule 3). What matches may
 * have been acknowledged since the request was sent. Of leaders LeaderAppendOnly says more.
 */
export const truncateOnConflict = (observation: RaftObservation) =>
  observation.invariantOn('TruncateOnConflict', aspects.log, () => ({ touched }) => {
    for (let i = 0; i < touched.length; i++) {
      const { cut, before, group, name } = touched[i] as MemberView
      if (cut === null || before.role === 'leader' || cut.term !== cut.newTerm) continue
      return `${group.name}: ${name} removed its entries from ${cut.index} on, and what it holds there now is of term ${cut.newTerm} as before`
    }
    return undefined
  })
