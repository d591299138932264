import type { FaultDefinition } from '../definition.js'
import { diskNoise } from '../disk-noise.js'

export const diskSyncLie: FaultDefinition = diskNoise('disk.sync-lie', {
  meaning: 'a sync answers before anything is durable; a power loss shows it, a later sync mends it',
  told: 'syncs answer before anything is durable',
  takesDown: false,
  isSilent: true,
  isSurvivable: (survives) => survives.syncLies === true,
  options: {
    everyMillis: { min: 2_000, max: 12_000, log: true },
    lastsMillis: { min: 200, max: 4_000, log: true },
    perMille: { min: 50, max: 1_000, log: true },
  },
})
