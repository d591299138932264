import type { AnyScenario } from '../sim/run/scenario.js'
import broker from './broker.scenario.js'
import kvCloud from './kv-cloud.scenario.js'
import kvConcurrent from './kv-concurrent.scenario.js'
import kvCrash from './kv-crash.scenario.js'
import kvDisk from './kv-disk.scenario.js'
import kvFull from './kv-full.scenario.js'
import raft from './raft.scenario.js'
import raftCounter from './raft-counter.scenario.js'
import raftManyGroups from './raft-many-groups.scenario.js'
import raftMembership from './raft-membership.scenario.js'
import raftReads from './raft-reads.scenario.js'
import raftSnapshots from './raft-snapshots.scenario.js'
import vmControlLoss from './vm-control-loss.scenario.js'
import vmMigrate from './vm-migrate.scenario.js'
import vmPartition from './vm-partition.scenario.js'
import vmScale from './vm-scale.scenario.js'
import vmStorm from './vm-storm.scenario.js'
import vmUpgrade from './vm-upgrade.scenario.js'
import vmWarm from './vm-warm.scenario.js'

/** What some are called elsewhere. */
export const otherNames: Readonly<Record<string, string>> = { 'raft-storm': 'raft' }

/** Seedfall's own scenarios; the first is what `npm run sim` runs. */
export const scenarios: readonly AnyScenario[] = [
  broker,
  raft,
  raftManyGroups,
  raftMembership,
  raftReads,
  raftSnapshots,
  raftCounter,
  kvCrash,
  kvDisk,
  kvCloud,
  kvConcurrent,
  kvFull,
  vmStorm,
  vmPartition,
  vmMigrate,
  vmWarm,
  vmControlLoss,
  vmUpgrade,
  vmScale,
]
