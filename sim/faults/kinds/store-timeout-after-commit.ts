import type { FaultDefinition } from '../definition.js'
import { storeNoise } from '../store-noise.js'

export const storeTimeoutAfterCommit: FaultDefinition = storeNoise(
  'store.timeout-after-commit',
  'a write to the object store happens, and its answer is lost',
  {
    everyMillis: { min: 500, max: 6_000, log: true },
    lastsMillis: { min: 200, max: 5_000, log: true },
    perMille: { min: 50, max: 700, log: true },
  },
)
