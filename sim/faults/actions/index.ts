import type { FaultAction } from '../action.js'
import { diskNoise } from './disk-noise.js'
import { netClog } from './net-clog.js'
import { netPartition } from './net-partition.js'
import { packetNoise } from './packet-noise.js'
import { powerLoss } from './power-loss.js'
import { processCrash } from './process-crash.js'
import { processPause } from './process-pause.js'

/** Every timed fault kind. */
export const faultActions: readonly FaultAction[] = [
  packetNoise('net.delay'),
  packetNoise('net.drop'),
  packetNoise('net.duplicate'),
  packetNoise('net.reorder'),
  netClog,
  netPartition,
  diskNoise('disk.sync-error'),
  diskNoise('disk.read-error'),
  diskNoise('disk.write-error'),
  diskNoise('disk.full'),
  diskNoise('disk.slow'),
  processCrash,
  processPause,
  powerLoss,
]
