import type { BrokerObservation } from './observation.js'

/** Every batch begins where the one before it in the same replica ended: no gap, no reuse, at least one record. */
export const offsetsDense = (observation: BrokerObservation) =>
  observation.invariant('OffsetsDense', () => {
    /** By host and partition: where the next batch begins. */
    const hosts: number[][] = []
    return ({ host, broker, began, appended }) => {
      const next = hosts[host] ?? []
      hosts[host] = next
      for (const { partition, log } of began) next[partition] = log.tail.batch(log.tail.first)?.baseOffset ?? log.endOffset
      for (const { partition, batch } of appended) {
        const { baseOffset, nextOffset } = batch
        if (baseOffset !== next[partition]) return `partition ${partition}: a batch at offset ${baseOffset} follows a log that ends at ${next[partition]}`
        if (nextOffset <= baseOffset) return `partition ${partition}: the batch at offset ${baseOffset} holds no record`
        next[partition] = nextOffset
      }
      const partitions = broker?.partitions ?? []
      for (let p = 0; p < partitions.length; p++) {
        const end = partitions[p]?.log.endOffset
        if (end !== next[p]) return `partition ${p}: the log ends at ${end}, its last batch at ${next[p]}`
      }
      return undefined
    }
  })
