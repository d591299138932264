import { aspects } from './aspects.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/** A linearizable read sees all that any member took for committed when it was asked. */
export const readNotStale = (observation: RaftObservation) =>
  observation.invariantOn('ReadNotStale', aspects.reads, () => ({ touched }) => {
    for (let i = 0; i < touched.length; i++) {
      const { staleRead, group, name } = touched[i] as MemberView
      if (staleRead !== null) {
        return `${group.name}: ${name} answered a read after entry ${staleRead.index}, and ${staleRead.floor} entries were committed when it was asked`
      }
    }
    return undefined
  })
