import { aspects } from './aspects.js'
import type { RaftObservation } from './observer.js'

/**
 * A new leader of term T holds all that was committed in terms below T; an old one that wakes late is legal. By LogMatching it is enough to look for the highest
 * of those entries.
 */
export const leaderCompleteness = (observation: RaftObservation) =>
  observation.invariantOn('LeaderCompleteness', aspects.standing, () => ({ touched }) => {
    for (const { node, now, before, isNewLife, group, name } of touched) {
      if (now.role !== 'leader' || node === null || (!isNewLife && before.role === 'leader' && before.term === now.term)) continue
      const index = group.committedBefore(now.term)
      const term = group.committedTerms[index] as number
      if (term >= 0 && index > node.machineState.log.base.index && node.termAt(index) !== term) {
        return `${group.name}: leader ${name} of term ${now.term} lacks entry ${index} of term ${term}, which was committed before`
      }
    }
    return undefined
  })
