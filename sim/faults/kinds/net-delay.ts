import type { FaultDefinition } from '../definition.js'
import { packetNoise } from '../packet-noise.js'

export const netDelay: FaultDefinition = packetNoise('net.delay', 'packets take longer than the latency of their link', {
  everyMillis: { min: 500, max: 8_000, log: true },
  lastsMillis: { min: 50, max: 3_000, log: true },
  perMille: { min: 10, max: 500, log: true },
  mostMillis: { min: 1, max: 500, log: true },
})
