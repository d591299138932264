import { invariant } from '../../sim/run/scenario.js'
import { BatchFollower, type BrokerRoles } from './batch-follower.js'

/**
 * Two replicas whose logs reach an offset hold the same batches up to there: their chained hashes are compared against one global map. What a
 * replica recovers or installs must be a log that some replica had.
 */
export const logMatching = invariant<BrokerRoles>('LogMatching', () => {
  /** By partition: the offset after a batch to the chained hash there. */
  const known: Map<number, number>[] = []
  const of = (partition: number) => {
    const chains = known[partition] ?? new Map([[0, 0]])
    known[partition] = chains
    return chains
  }
  const follower = new BatchFollower({
    began: (_, partition, log) => {
      // With batches in memory already, their hashes vouch for what lies before them.
      if (log.tail.end > log.tail.first) return undefined
      const chain = of(partition).get(log.endOffset)
      if (chain === log.chain) return undefined
      const what = chain === undefined ? "which was no batch's end in any replica" : 'with another content than other replicas have'
      return `partition ${partition}: a log was recovered up to offset ${log.endOffset}, ${what}`
    },
    appended: (_, partition, batch) => {
      const chains = of(partition)
      const chain = chains.get(batch.nextOffset)
      if (chain === undefined) chains.set(batch.nextOffset, batch.chain)
      else if (chain !== batch.chain) return `partition ${partition}: the logs of two replicas differ below offset ${batch.nextOffset}`
      return undefined
    },
  })
  return (_, step) => follower.follow(step)
})
