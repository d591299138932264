import { aspects } from './aspects.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/** Where a durable log begins, all before is committed, and the durable state machine holds it. Read from the disk whenever a log's beginning moved there. */
export const snapshotCoversCommitted = (observation: RaftObservation) =>
  observation.invariantOn('SnapshotCoversCommitted', aspects.disk, () => ({ persisted, placement }) => {
    for (let i = 0; i < persisted.length; i++) {
      const { disk, snapshotBefore, group, name, host, node } = persisted[i] as MemberView
      if (disk === null || disk.snapshotIndex === snapshotBefore) continue
      const index = disk.snapshotIndex
      const committed = group.committedTerms[index]
      if (committed === undefined || (committed >= 0 && committed !== disk.snapshotTerm)) {
        return `${group.name}: the log of ${name} begins after entry ${index} of term ${disk.snapshotTerm}, and the committed one is of term ${committed ?? 'none'}`
      }
      if (placement.durableState === undefined || host === null || node === null) continue
      const state = placement.durableState(host, node)
      if (state === null) return `${group.name}: the log of ${name} begins after entry ${index}, and the snapshot on its disk is damaged`
      if (state.index < index) return `${group.name}: the log of ${name} begins after entry ${index}, and the state on its disk holds ${state.index}`
    }
    return undefined
  })
