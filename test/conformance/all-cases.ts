import { clockCases } from './cases/clock.js'
import { connectionCases } from './cases/connections.js'
import { datagramCases } from './cases/datagrams.js'
import { diskCases } from './cases/disk.js'
import { hostCases } from './cases/host.js'
import { objectCases } from './cases/objects.js'
import { protocolCases } from './cases/protocols.js'
import type { ConformanceCase } from './conformance-case.js'

export const allCases: readonly ConformanceCase[] = [
  ...clockCases,
  ...hostCases,
  ...protocolCases,
  ...connectionCases,
  ...datagramCases,
  ...diskCases,
  ...objectCases,
]
