import type { BrokerObservation } from './observation.js'

/**
 * Two replicas whose logs reach an offset hold the same batches up to there: their chained hashes are compared against one global map. What a
 * replica recovers or installs must be a log that some replica had.
 */
export const partitionLogMatching = (observation: BrokerObservation) =>
  observation.invariant('PartitionLogMatching', () => {
    /** By partition: the offset after a batch to the chained hash there. */
    const known: Map<number, number>[] = []
    const of = (partition: number) => {
      const chains = known[partition] ?? new Map([[0, 0]])
      known[partition] = chains
      return chains
    }
    return ({ began, appended }) => {
      for (const { partition, log } of began) {
        // With batches in memory already, their hashes vouch for what lies before them.
        if (log.tail.end > log.tail.first) continue
        const chain = of(partition).get(log.endOffset)
        if (chain === log.chain) continue
        const what = chain === undefined ? "which was no batch's end in any replica" : 'with another content than other replicas have'
        return `partition ${partition}: a log was recovered up to offset ${log.endOffset}, ${what}`
      }
      for (const { partition, batch } of appended) {
        const chains = of(partition)
        const chain = chains.get(batch.nextOffset)
        if (chain === undefined) chains.set(batch.nextOffset, batch.chain)
        else if (chain !== batch.chain) return `partition ${partition}: the logs of two replicas differ below offset ${batch.nextOffset}`
      }
      return undefined
    }
  })
