import { invariant } from '../../sim/run/scenario.js'
import { BatchFollower, type BrokerRoles } from './batch-follower.js'

/** Every batch begins where the one before it in the same replica ended: no gap, no reuse, at least one record. */
export const offsetsDense = invariant<BrokerRoles>('OffsetsDense', () => {
  const next: number[][] = []
  const follower = new BatchFollower({
    began: (host, partition, log) => {
      const ends = next[host] ?? []
      next[host] = ends
      ends[partition] = log.tail.batch(log.tail.first)?.baseOffset ?? log.endOffset
      return undefined
    },
    appended: (host, partition, batch) => {
      const ends = next[host] as number[]
      if (batch.baseOffset !== ends[partition])
        return `partition ${partition}: a batch at offset ${batch.baseOffset} follows a log that ends at ${ends[partition]}`
      if (batch.nextOffset <= batch.baseOffset) return `partition ${partition}: the batch at offset ${batch.baseOffset} holds no record`
      ends[partition] = batch.nextOffset
      return undefined
    },
    changed: (host, { partitions }) => {
      const ends = next[host] as number[]
      for (const [p, { log }] of partitions.entries()) {
        if (log.endOffset !== ends[p]) return `partition ${p}: the log ends at ${log.endOffset}, its last batch at ${ends[p]}`
      }
      return undefined
    },
  })
  return (_, step) => follower.follow(step)
})
