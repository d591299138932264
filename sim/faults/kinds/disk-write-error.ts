import type { FaultDefinition } from '../definition.js'
import { diskNoise } from '../disk-noise.js'

export const diskWriteError: FaultDefinition = diskNoise('disk.write-error', {
  meaning: 'a write fails with EIO, and nothing is written',
  told: 'writes fail',
  takesDown: true,
  options: {
    everyMillis: { min: 5_000, max: 20_000, log: true },
    lastsMillis: { min: 100, max: 1_000, log: true },
    perMille: { min: 20, max: 500, log: true },
  },
})
