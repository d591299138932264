import { kvInvariants } from '../invariants/kv/index.js'
import { s, scenario } from '../sim/index.js'
import { type NodeRoles, nodeKinds, nodeSystem, writeIsDone } from './kv-node.js'
import { powerCut } from './kv-power-cut.js'
import { kvClients, storeOptions } from './kv-workload.js'
import { kvStatistics, storesAreTidy } from './kv-world.js'

/** One node whose disk has no room left in the middle of anything, and has some again later. */
export default scenario({
  name: 'kv-full',
  system: nodeSystem(),
  workload: kvClients(4),
  invariants: kvInvariants<NodeRoles>({ isShared: false, isDiskWhole: true }),
  faults: { strategy: 'burst', custom: [powerCut], kinds: [...nodeKinds, powerCut.kind, 'disk.full', 'disk.write-error', 'disk.sync-error'] },
  duration: s(12),
  healAt: s(9),
  options: storeOptions,
  eventually: [
    { name: 'space comes back', within: s(20), holds: storesAreTidy },
    { name: 'a write is done', within: s(5), ask: writeIsDone },
  ],
  statistics: kvStatistics,
})
