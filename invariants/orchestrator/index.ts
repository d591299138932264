import type { Invariant } from '../../sim/run/scenario.js'
import { antiAffinity } from './anti-affinity.js'
import { applyDeterministic } from './apply-deterministic.js'
import { atMostOneRunning } from './at-most-one-running.js'
import { capacity } from './capacity.js'
import { fenceBeforeStart } from './fence-before-start.js'
import { innocentNotBlocked } from './innocent-not-blocked.js'
import { migrationMemory } from './migration-memory.js'
import type { VmObservation, VmRoles } from './observer.js'
import { ownerMonotonic } from './owner-monotonic.js'
import { quotaHolds } from './quota-holds.js'
import { runsWhereOwned } from './runs-where-owned.js'
import { singleDiskWriter } from './single-disk-writer.js'
import { uniqueAddresses } from './unique-addresses.js'
import { warmSingleUse } from './warm-single-use.js'

export { VmObservation, type VmRoles } from './observer.js'

/** What must hold of an orchestrator after every step, of what really runs and is written. A step in which no machine, replica or storage did anything costs one look. */
export function vmInvariants(observation: VmObservation): readonly Invariant<VmRoles>[] {
  const make = [
    atMostOneRunning,
    singleDiskWriter,
    fenceBeforeStart,
    ownerMonotonic,
    runsWhereOwned,
    capacity,
    antiAffinity,
    uniqueAddresses,
    applyDeterministic,
    migrationMemory,
    warmSingleUse,
    quotaHolds,
    innocentNotBlocked,
  ]
  return make.map((invariant) => invariant(observation))
}
