import type { FaultDefinition } from '../definition.js'
import { storeNoise } from '../store-noise.js'

export const storeSlow: FaultDefinition = storeNoise('store.slow', 'requests to the object store take many times as long', {
  everyMillis: { min: 500, max: 6_000, log: true },
  lastsMillis: { min: 200, max: 5_000, log: true },
  perMille: { min: 50, max: 1_000, log: true },
  mostTimes: { min: 5, max: 200, log: true },
})
