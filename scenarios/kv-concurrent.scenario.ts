import { kvInvariants } from '../invariants/kv/index.js'
import { s, scenario } from '../sim/index.js'
import { type NodeRoles, nodeKinds, nodeSystem, writeIsDone } from './kv-node.js'
import { kvClients, storeOptions } from './kv-workload.js'
import { kvStatistics, storesAreTidy } from './kv-world.js'

/** Its runs are short: what a power loss leaves, others look at. */
const rare: readonly string[] = ['power.loss', 'disk.lost', 'disk.torn']

/** Many partitions on few shards, scans against writes, with compaction and collection at full tilt. */
export default scenario({
  name: 'kv-concurrent',
  system: nodeSystem({ options: () => ({ amplification: 1.2, shardConcurrency: 4, shardQueue: 32, writeQueue: 16 }) }),
  workload: kvClients(8),
  invariants: kvInvariants<NodeRoles>({ isShared: false, isDiskWhole: true }),
  faults: { strategy: 'random', kinds: nodeKinds.filter((kind) => !rare.includes(kind)) },
  mustMeet: ['kv: data files are compacted', 'kv: data files are removed'],
  duration: s(4),
  healAt: s(3),
  options: {
    ...storeOptions,
    partitions: { min: 3, max: 8 },
    thinkMicros: { min: 3_000, max: 15_000, log: true },
    filePages: { min: 2, max: 32, log: true },
    upkeepMillis: { min: 10, max: 100, log: true },
    shards: { min: 1, max: 4 },
  },
  eventually: [
    { name: 'space comes back', within: s(20), holds: storesAreTidy },
    { name: 'a write is done', within: s(5), ask: writeIsDone },
  ],
  statistics: kvStatistics,
})
