import type { MemberId } from '../../systems/raft/messages.js'
import { aspects } from './aspects.js'
import type { GroupView } from './group-view.js'
import type { RaftObservation } from './observer.js'
import { obtain } from './obtain.js'

/** One leader a term. */
export const electionSafety = (observation: RaftObservation) =>
  observation.invariantOn('ElectionSafety', aspects.standing, () => {
    const leaders = new Map<GroupView, Map<number, MemberId>>()
    return ({ touched }) => {
      for (const { group, id, now, before, isNewLife } of touched) {
        if (now.role !== 'leader' || (!isNewLife && before.role === 'leader' && before.term === now.term)) continue
        const byTerm = obtain(leaders, group, () => new Map<number, MemberId>())
        const other = byTerm.get(now.term)
        if (other !== undefined && other !== id) return `${group.name}: ${group.peers[other]} and ${group.peers[id]} both lead term ${now.term}`
        byTerm.set(now.term, id)
        group.led(id, now.term)
      }
      return undefined
    }
  })
