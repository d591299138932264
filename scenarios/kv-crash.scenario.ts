import { kvInvariants } from '../invariants/kv/index.js'
import { s, scenario } from '../sim/index.js'
import { type NodeRoles, nodeKinds, nodeSystem, writeIsDone } from './kv-node.js'
import { powerCut } from './kv-power-cut.js'
import { kvClients, storeOptions } from './kv-workload.js'
import { kvStatistics, storesAreTidy } from './kv-world.js'

/** One node, which crashes and loses power again and again, also while it recovers. */
export default scenario({
  name: 'kv-crash',
  system: nodeSystem(),
  workload: kvClients(4),
  invariants: kvInvariants<NodeRoles>({ isShared: false, isDiskWhole: true }),
  faults: {
    strategy: 'targeted',
    custom: [powerCut],
    kinds: [...nodeKinds, powerCut.kind, 'process.crash-loop', 'disk.lost-rename', 'disk.stall', 'clock.skew', 'clock.step'],
  },
  mustMeet: ['kv: data files are compacted', 'kv: data files are removed', 'kv: entries that have expired are removed'],
  duration: s(12),
  healAt: s(9),
  options: storeOptions,
  eventually: [
    { name: 'space comes back', within: s(20), holds: storesAreTidy },
    { name: 'a write is done', within: s(5), ask: writeIsDone },
  ],
  statistics: kvStatistics,
})
