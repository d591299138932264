import type { FaultDefinition } from '../definition.js'
import { diskNoise } from '../disk-noise.js'

export const diskReadError: FaultDefinition = diskNoise('disk.read-error', {
  meaning: 'a read fails with EIO at a bad sector, which stays bad until it is written again',
  told: 'reads fail',
  takesDown: true,
  options: {
    everyMillis: { min: 5_000, max: 20_000, log: true },
    lastsMillis: { min: 100, max: 2_000, log: true },
    perMille: { min: 50, max: 500, log: true },
  },
})
