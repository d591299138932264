import type { AnyScenario } from '../sim/run/scenario.js'
import broker from './broker.scenario.js'
import raft from './raft.scenario.js'

/** Seedfall's own scenarios; the first is what `npm run sim` runs. */
export const scenarios: readonly AnyScenario[] = [broker, raft]
