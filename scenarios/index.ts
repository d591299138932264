import type { AnyScenario } from '../sim/run/scenario.js'
import broker from './broker.scenario.js'
import raft from './raft.scenario.js'
import raftMembership from './raft-membership.scenario.js'
import raftReads from './raft-reads.scenario.js'

/** Seedfall's own scenarios; the first is what `npm run sim` runs. */
export const scenarios: readonly AnyScenario[] = [broker, raft, raftMembership, raftReads]
