import type { FaultDefinition } from '../definition.js'

/** Part of every power loss: `power.loss` asks for its rate. */
export const diskTorn: FaultDefinition = {
  kind: 'disk.torn',
  meaning: 'at a power loss some sectors of an unsynced write survive, others do not or hold garbage',
  options: { perMille: { min: 100, max: 700 } },
}
