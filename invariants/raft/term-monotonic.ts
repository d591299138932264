import type { RaftObservation } from './observer.js'

/** A member's term never falls: not in a life, not on its disk, and no life begins in an earlier term than the disk had kept. Who leads a term has it on its disk. */
export const termMonotonic = (observation: RaftObservation) =>
  observation.invariant('TermMonotonic', () => ({ touched, persisted }) => {
    for (const { disk, hardStateBefore, group, name } of persisted) {
      const term = disk?.hardState.term ?? 0
      if (term < hardStateBefore.term) return `${group.name}: the durable term of ${name} fell from ${hardStateBefore.term} to ${term}`
    }
    for (const { now, before, isNewLife, disk, group, name } of touched) {
      if (!isNewLife && now.term < before.term) return `${group.name}: the term of ${name} fell from ${before.term} to ${now.term}`
      const durable = disk?.hardState.term ?? 0
      if (now.term < durable) return `${group.name}: ${name} is in term ${now.term}, its disk in ${durable}`
      if (now.role === 'leader' && now.term > durable) return `${group.name}: ${name} leads term ${now.term}, its disk says ${durable}`
    }
    return undefined
  })
