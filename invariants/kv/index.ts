import type { Invariant } from '../../sim/index.js'
import { answers } from './answers.js'
import { batchAtomic } from './batch-atomic.js'
import { bounds } from './bounds.js'
import { durableTrees } from './durable-trees.js'
import { KvObservation, type KvPlacement } from './observer.js'
import { places } from './places.js'
import { termFence } from './term-fence.js'

export type { KvPlacement } from './observer.js'

const always = ['BatchAtomic', 'MapInjective', 'NoReuseWhileReferenced', 'GcSafe', 'MapEqual', 'SnapshotStable', 'CacheBudget', 'OneWriter'] as const
const ofDisks = ['ManifestReachable', 'TreeOrder', 'OverflowBalance'] as const

/**
 * What must hold of stores after every step. They are told what stores do, and look at what is durable; what is not looked at: pages that lie in memory alone.
 * The work of a commit is proportional to the pages that it changed and to the number of pages in use, that of a read to its answer.
 */
export function kvInvariants<Roles extends Record<string, unknown>>(placement: KvPlacement): readonly Invariant<Roles>[] {
  const observation = new KvObservation(placement, () => [answers(), places(), durableTrees(), batchAtomic(), bounds(), termFence()])
  const names = [...always, ...(placement.isDiskWhole ? ofDisks : []), ...(placement.isShared ? ['TermFence'] : [])]
  return names.map((name) => observation.invariant(name) as unknown as Invariant<Roles>)
}
