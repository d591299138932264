import type { RaftObservation } from './observer.js'

/** A member that may have forgotten what it acknowledged does not campaign, and what leaders count as acknowledged by it leaves it out. */
export const suspectAbstains = (observation: RaftObservation) =>
  observation.invariant('SuspectAbstains', () => ({ touched }) => {
    for (const { node, disk, now, group, name } of touched) {
      if (disk?.suspect && now.role !== 'follower') return `${group.name}: ${name} became ${now.role}, and its disk says that it is suspect`
      if (disk?.suspect && node?.machineState.suspect === false) return `${group.name}: ${name} takes itself for trusted, and its disk says that it is suspect`
    }
    return undefined
  })
