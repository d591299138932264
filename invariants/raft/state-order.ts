import { aspects } from './aspects.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/**
 * What the log has dropped is flushed, and what is flushed was applied (openraft's simulation tests: State Ordering). That what is applied is committed, and what
 * is committed there, is CommitMonotonic's; of what disks really hold, SnapshotCoversCommitted says more.
 */
export const stateOrder = (observation: RaftObservation) =>
  observation.invariantOn('StateOrder', aspects.log | aspects.progress, () => ({ touched }) => {
    for (let i = 0; i < touched.length; i++) {
      const { node, group, name } = touched[i] as MemberView
      // A state machine that lost what it held begins anew, until a snapshot comes.
      if (node === null || node.machineState.lacks > 0) continue
      const { base } = node.machineState.log
      if (base.index > node.flushed.index)
        return `${group.name}: the log of ${name} begins after entry ${base.index}, and its state is flushed up to ${node.flushed.index}`
      if (node.flushed.index > node.applied)
        return `${group.name}: ${name} says that its state is flushed up to ${node.flushed.index}, and it applied ${node.applied}`
    }
    return undefined
  })
