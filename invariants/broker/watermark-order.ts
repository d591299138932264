import { invariant } from '../../sim/run/scenario.js'
import type { Broker } from '../../systems/broker/broker.js'
import type { BrokerRoles } from './batch-follower.js'

/** Log start <= last stable offset <= high watermark <= log end in every replica, and none of them goes back within an incarnation. */
export const watermarkOrder = invariant<BrokerRoles>('WatermarkOrder', () => {
  const hosts: ({ readonly broker: Broker; changes: number; readonly starts: number[]; readonly watermarks: number[] } | undefined)[] = []
  return (_, { stepped }) => {
    const broker = stepped?.process as Broker | undefined
    if (stepped === null || broker === undefined) return undefined
    let seen = hosts[stepped.index]
    if (seen?.broker !== broker) {
      seen = { broker, changes: -1, starts: [], watermarks: [] }
      hosts[stepped.index] = seen
    }
    if (seen.changes === broker.changes) return undefined
    seen.changes = broker.changes
    const { partitions } = broker
    for (let p = 0; p < partitions.length; p++) {
      const { log, highWatermark, lastStableOffset } = partitions[p] as (typeof partitions)[number]
      const { startOffset, endOffset } = log
      if (!(startOffset <= lastStableOffset && lastStableOffset <= highWatermark && highWatermark <= endOffset)) {
        return `partition ${p}: log start ${startOffset}, last stable ${lastStableOffset}, high watermark ${highWatermark}, log end ${endOffset}`
      }
      if (highWatermark < (seen.watermarks[p] ?? 0)) return `partition ${p}: the high watermark dropped from ${seen.watermarks[p]} to ${highWatermark}`
      if (startOffset < (seen.starts[p] ?? 0)) return `partition ${p}: the log start dropped from ${seen.starts[p]} to ${startOffset}`
      seen.watermarks[p] = highWatermark
      seen.starts[p] = startOffset
    }
    return undefined
  }
})
