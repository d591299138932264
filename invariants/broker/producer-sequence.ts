import { advance } from '../../systems/broker/producer-state.js'
import { baseSequence, producerEpoch, producerId, recordCount } from '../../systems/broker/record-batch.js'
import type { BrokerObservation } from './observation.js'

/**
 * In each partition the sequences of a producer id and epoch begin at 0 and follow each other, no duplicate and no hole. Looks at each offset
 * once, in the replica that reaches it first: that the others hold the same is PartitionLogMatching.
 */
export const producerSequence = (observation: BrokerObservation) =>
  observation.invariant('ProducerSequence', () => {
    /** By partition: the offset up to which batches were looked at, and by producer id what comes next. */
    const partitions: { end: number; readonly producers: Map<number, { epoch: number; next: number }> }[] = []
    return ({ appended }) => {
      for (const { partition, batch } of appended) {
        const { baseOffset, nextOffset, bytes } = batch
        const seen = partitions[partition] ?? { end: 0, producers: new Map() }
        partitions[partition] = seen
        if (baseOffset < seen.end) continue
        seen.end = nextOffset
        const id = producerId(bytes, 0)
        if (id < 0) continue
        const epoch = producerEpoch(bytes, 0)
        const sequence = baseSequence(bytes, 0)
        const known = seen.producers.get(id)
        const expected = known?.epoch === epoch ? known.next : 0
        const where = () => `partition ${partition}, offset ${baseOffset}: producer ${id}, epoch ${epoch}`
        if (known !== undefined && epoch < known.epoch) return `${where()} comes after epoch ${known.epoch}`
        if (sequence !== expected) return `${where()} has sequence ${sequence} where ${expected} comes next`
        seen.producers.set(id, { epoch, next: advance(sequence, recordCount(bytes, 0)) })
      }
      return undefined
    }
  })
