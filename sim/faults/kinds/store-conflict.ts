import type { FaultDefinition } from '../definition.js'
import { storeNoise } from '../store-noise.js'

export const storeConflict: FaultDefinition = storeNoise(
  'store.conflict',
  'a conditional write to the object store is refused (412 or 409), though its condition holds',
  {
    everyMillis: { min: 500, max: 6_000, log: true },
    lastsMillis: { min: 200, max: 5_000, log: true },
    perMille: { min: 50, max: 700, log: true },
  },
)
