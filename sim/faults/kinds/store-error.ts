import type { FaultDefinition } from '../definition.js'
import { storeNoise } from '../store-noise.js'

export const storeError: FaultDefinition = storeNoise(
  'store.error',
  'requests to the object store are answered 503 (slow down, nothing done) or 500 (perhaps done)',
  {
    everyMillis: { min: 500, max: 6_000, log: true },
    lastsMillis: { min: 200, max: 5_000, log: true },
    perMille: { min: 50, max: 1_000, log: true },
  },
)
