import type { FaultDefinition } from '../definition.js'
import { diskNoise, mayDamage } from '../disk-noise.js'

export const diskMisdirectWrite: FaultDefinition = diskNoise('disk.misdirect-write', {
  meaning: 'of what a sync writes, one sector overwrites another and its own keeps what it held; the sync says yes',
  told: 'a sync writes to a wrong sector',
  takesDown: false,
  isSilent: true,
  isSurvivable: mayDamage,
  options: {
    everyMillis: { min: 2_000, max: 12_000, log: true },
    lastsMillis: { min: 200, max: 5_000, log: true },
    perMille: { min: 50, max: 1_000, log: true },
  },
})
