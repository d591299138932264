import { batchCrc } from '../../systems/broker/record-batch.js'
import type { BrokerObservation } from './observation.js'

/**
 * What was acknowledged at an offset is the batch that the log has there. Together with PartitionLogMatching: in every replica, from then on. The log is
 * the one that any replica reached first.
 */
export const ackedInLog = (observation: BrokerObservation) =>
  observation.invariant('AckedInLog', () => {
    /** By partition: a batch's base offset to its CRC. */
    const known: Map<number, number>[] = []
    return ({ appended, acknowledged }) => {
      for (const { partition, batch } of appended) {
        const crcs = known[partition] ?? new Map<number, number>()
        known[partition] = crcs
        if (!crcs.has(batch.baseOffset)) crcs.set(batch.baseOffset, batchCrc(batch.bytes, 0))
      }
      for (const { partition, baseOffset, crc } of acknowledged) {
        if (known[partition]?.get(baseOffset) !== crc)
          return `partition ${partition}: the log does not have at offset ${baseOffset} what was acknowledged there`
      }
      return undefined
    }
  })
