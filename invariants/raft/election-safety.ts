import type { MemberId } from '../../systems/raft/messages.js'
import { aspects } from './aspects.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/** One leader a term. */
export const electionSafety = (observation: RaftObservation) =>
  observation.invariantOn('ElectionSafety', aspects.standing, () => {
    /** By group, then by term. */
    const leaders: (Map<number, MemberId> | undefined)[] = []
    return ({ touched }) => {
      for (let i = 0; i < touched.length; i++) {
        const { group, id, now, before, isNewLife } = touched[i] as MemberView
        if (now.role !== 'leader' || (!isNewLife && before.role === 'leader' && before.term === now.term)) continue
        const byTerm = leaders[group.index] ?? new Map<number, MemberId>()
        leaders[group.index] = byTerm
        const other = byTerm.get(now.term)
        if (other !== undefined && other !== id) return `${group.name}: ${group.peers[other]} and ${group.peers[id]} both lead term ${now.term}`
        byTerm.set(now.term, id)
        group.led(id, now.term)
      }
      return undefined
    }
  })
