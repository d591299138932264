import type { FaultDefinition } from '../definition.js'
import { packetNoise } from '../packet-noise.js'

export const netReorder: FaultDefinition = packetNoise('net.reorder', 'datagrams are held back while later ones of their link overtake them', {
  everyMillis: { min: 500, max: 8_000, log: true },
  lastsMillis: { min: 50, max: 3_000, log: true },
  perMille: { min: 5, max: 500, log: true },
  mostMillis: { min: 1, max: 100, log: true },
})
