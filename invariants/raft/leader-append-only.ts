import { aspects } from './aspects.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/** A leader neither removes nor replaces entries of its log while it leads. */
export const leaderAppendOnly = (observation: RaftObservation) =>
  observation.invariantOn('LeaderAppendOnly', aspects.log, () => ({ touched }) => {
    for (let i = 0; i < touched.length; i++) {
      const { now, before, isNewLife, newFrom, group, name } = touched[i] as MemberView
      if (isNewLife || now.role !== 'leader' || before.role !== 'leader' || now.term !== before.term) continue
      if (now.lastIndex < before.lastIndex) return `${group.name}: the log of leader ${name} fell from ${before.lastIndex} to ${now.lastIndex}`
      if (newFrom <= before.lastIndex) return `${group.name}: leader ${name} of term ${now.term} replaced its entry ${newFrom}`
    }
    return undefined
  })
