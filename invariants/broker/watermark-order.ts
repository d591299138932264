import type { BrokerObservation } from './observation.js'

/** Log start <= last stable offset <= high watermark <= log end in every replica, and neither start nor watermark goes back within an incarnation. */
export const watermarkOrder = (observation: BrokerObservation) =>
  observation.invariant('WatermarkOrder', () => {
    const hosts: { readonly starts: number[]; readonly watermarks: number[] }[] = []
    return ({ host, broker, isNewLife }) => {
      const seen = (isNewLife ? undefined : hosts[host]) ?? { starts: [], watermarks: [] }
      hosts[host] = seen
      const partitions = broker?.partitions ?? []
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
