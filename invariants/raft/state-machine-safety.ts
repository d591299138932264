import { aspects } from './aspects.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/**
 * All members apply the same entry at an index (seen here by its term; LogMatching has the rest), one that is committed, and where the system gives a digest of
 * its state, equal indexes have equal digests.
 */
export const stateMachineSafety = (observation: RaftObservation) =>
  observation.invariantOn('StateMachineSafety', aspects.progress, () => {
    /** By group and applied index. */
    const digests: (number | undefined)[][] = []
    return ({ touched, placement }) => {
      for (let i = 0; i < touched.length; i++) {
        const { node, now, before, isNewLife, group, name, host } = touched[i] as MemberView
        if (node === null) continue
        const { base } = node.machineState.log
        const first = isNewLife ? now.applied : before.applied + 1
        for (let index = Math.max(first, base.index); index <= now.applied; index++) {
          const term = node.termAt(index)
          const committed = group.committedTerms[index]
          if (committed === undefined) return `${group.name}: ${name} applied entry ${index}, which is not committed`
          // A log that lost its end cannot tell; the digest can.
          const isLost = term < 0 && isNewLife && node.machineState.lacks === index
          if (committed >= 0 && committed !== term && !isLost)
            return `${group.name}: ${name} applied entry ${index} of term ${term}, and the committed one is of term ${committed}`
        }
        if (placement.digest === undefined || (!isNewLife && now.applied === before.applied)) continue
        const known = digests[group.index] ?? []
        digests[group.index] = known
        const digest = placement.digest(host?.process, node)
        const other = known[now.applied]
        if (other === undefined) known[now.applied] = digest
        else if (other !== digest) return `${group.name}: the state of ${name} after entry ${now.applied} differs from that of another member`
      }
      return undefined
    }
  })
