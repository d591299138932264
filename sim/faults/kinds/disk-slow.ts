import type { FaultDefinition } from '../definition.js'
import { diskNoise } from '../disk-noise.js'

export const diskSlow: FaultDefinition = diskNoise('disk.slow', {
  meaning: 'operations take many times as long as the device model says',
  told: 'the disk is slow',
  takesDown: false,
  options: {
    everyMillis: { min: 1_000, max: 8_000, log: true },
    lastsMillis: { min: 200, max: 5_000, log: true },
    perMille: { min: 50, max: 1_000, log: true },
    mostTimes: { min: 5, max: 500, log: true },
  },
})
