import type { FaultDefinition } from '../definition.js'
import { packetNoise } from '../packet-noise.js'

export const netDuplicate: FaultDefinition = packetNoise('net.duplicate', 'datagrams are delivered again later', {
  everyMillis: { min: 500, max: 8_000, log: true },
  lastsMillis: { min: 50, max: 3_000, log: true },
  perMille: { min: 5, max: 500, log: true },
  mostMillis: { min: 1, max: 300, log: true },
})
