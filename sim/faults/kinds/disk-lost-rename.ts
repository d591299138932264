import type { FaultDefinition } from '../definition.js'

/** Part of every power loss: `power.loss` asks for its rate. */
export const diskLostRename: FaultDefinition = {
  kind: 'disk.lost-rename',
  meaning: 'at a power loss a create, rename or removal that was not synced is undone',
  options: { perMille: { min: 100, max: 900 } },
}
