import type { FaultDefinition } from '../definition.js'
import { diskNoise } from '../disk-noise.js'

export const diskFull: FaultDefinition = diskNoise('disk.full', {
  meaning: 'there is no room left, even in the middle of a write; later there is again',
  told: 'there is no room left',
  takesDown: true,
  options: {
    everyMillis: { min: 6_000, max: 20_000, log: true },
    lastsMillis: { min: 100, max: 2_000, log: true },
    perMille: { min: 100, max: 1_000, log: true },
  },
})
