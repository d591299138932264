import { clockCases } from './cases/clock.js'
import { connectionEndCases } from './cases/connection-ends.js'
import { connectionCases } from './cases/connections.js'
import { datagramCases } from './cases/datagrams.js'
import { diskCases } from './cases/disk.js'
import { diskNameCases } from './cases/disk-names.js'
import { hostCases } from './cases/host.js'
import { objectCases } from './cases/objects.js'
import { protocolCallCases } from './cases/protocol-calls.js'
import { protocolCases } from './cases/protocols.js'
import type { ConformanceCase } from './conformance-case.js'

export const allCases: readonly ConformanceCase[] = [
  ...clockCases,
  ...hostCases,
  ...protocolCases,
  ...protocolCallCases,
  ...connectionCases,
  ...connectionEndCases,
  ...datagramCases,
  ...diskCases,
  ...diskNameCases,
  ...objectCases,
]
