import type { FaultDefinition } from '../definition.js'
import { packetNoise } from '../packet-noise.js'

export const netDrop: FaultDefinition = packetNoise('net.drop', 'packets are lost; for a stream that is delay, until they are sent again', {
  everyMillis: { min: 500, max: 8_000, log: true },
  lastsMillis: { min: 50, max: 3_000, log: true },
  perMille: { min: 5, max: 300, log: true },
})
