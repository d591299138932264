import type { FaultDefinition } from '../definition.js'

/** Part of every power loss: `power.loss` asks for its rate. */
export const diskLost: FaultDefinition = {
  kind: 'disk.lost',
  meaning: 'at a power loss an unsynced write vanishes, each page by itself; sizes and data may part',
  options: { perMille: { min: 200, max: 900 } },
}
