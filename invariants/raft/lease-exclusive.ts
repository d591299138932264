import { aspects } from './aspects.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/** No member answers a read by its lease while another leads a later term already. Holds as long as clocks keep to what the group takes for granted of them. */
export const leaseExclusive = (observation: RaftObservation) =>
  observation.invariantOn('LeaseExclusive', aspects.reads, () => ({ touched }) => {
    for (let i = 0; i < touched.length; i++) {
      const { hasLeaseRead, group, now, name } = touched[i] as MemberView
      if (!hasLeaseRead || group.leaderTerm <= now.term) continue
      return `${group.name}: ${name} answered a read by its lease of term ${now.term}, and term ${group.leaderTerm} has a leader`
    }
    return undefined
  })
