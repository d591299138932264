import { kvInvariants } from '../invariants/kv/index.js'
import { s, scenario } from '../sim/index.js'
import { type NodeRoles, nodeKinds, nodeSystem } from './kv-node.js'
import { powerCut } from './kv-power-cut.js'
import { kvClients, storeOptions } from './kv-workload.js'
import { kvStatistics } from './kv-world.js'

/**
 * One node on a disk that may do everything within what one copy can stand: what decays is not served, and what fails to be written is not acknowledged. What was
 * damaged stays so, and who asks for it is told: no operation must succeed in the end.
 */
export default scenario({
  name: 'kv-disk',
  system: nodeSystem({ isDamaged: true, options: () => ({ manifestCopies: 2 }) }),
  workload: kvClients(4),
  invariants: kvInvariants<NodeRoles>({ isShared: false, isDiskWhole: false }),
  faults: {
    strategy: 'random',
    custom: [powerCut],
    kinds: [
      ...nodeKinds,
      powerCut.kind,
      'disk.lost-rename',
      'disk.read-error',
      'disk.write-error',
      'disk.sync-error',
      'disk.rot',
      'disk.misdirect-read',
      'disk.misdirect-write',
      'disk.full',
      'disk.stall',
    ],
  },
  duration: s(12),
  healAt: s(9),
  options: storeOptions,
  statistics: kvStatistics,
})
