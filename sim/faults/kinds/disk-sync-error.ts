import type { FaultDefinition } from '../definition.js'
import { diskNoise } from '../disk-noise.js'

export const diskSyncError: FaultDefinition = diskNoise('disk.sync-error', {
  meaning: 'a sync fails with EIO; the dirty pages are dropped, and later syncs succeed (fsyncgate)',
  told: 'syncs fail, and drop what was written',
  takesDown: true,
  options: {
    everyMillis: { min: 5_000, max: 20_000, log: true },
    lastsMillis: { min: 100, max: 1_000, log: true },
    perMille: { min: 50, max: 1_000, log: true },
  },
})
