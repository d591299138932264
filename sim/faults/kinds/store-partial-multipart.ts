import type { FaultDefinition } from '../definition.js'
import { storeNoise } from '../store-noise.js'

export const storePartialMultipart: FaultDefinition = storeNoise(
  'store.partial-multipart',
  'an upload fails halfway: its parts are kept, and nobody sees an object',
  {
    everyMillis: { min: 500, max: 6_000, log: true },
    lastsMillis: { min: 200, max: 5_000, log: true },
    perMille: { min: 50, max: 700, log: true },
  },
)
