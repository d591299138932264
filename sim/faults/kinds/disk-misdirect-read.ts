import type { FaultDefinition } from '../definition.js'
import { diskNoise, mayDamage } from '../disk-noise.js'

export const diskMisdirectRead: FaultDefinition = diskNoise('disk.misdirect-read', {
  meaning: 'a read answers what another sector holds, and says nothing of it',
  told: 'reads answer what another sector holds',
  takesDown: false,
  isSilent: true,
  isSurvivable: mayDamage,
  options: {
    everyMillis: { min: 2_000, max: 12_000, log: true },
    lastsMillis: { min: 100, max: 3_000, log: true },
    perMille: { min: 20, max: 500, log: true },
  },
})
