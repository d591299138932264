import { invariant } from '../../sim/run/scenario.js'
import type { Broker } from '../../systems/broker/broker.js'
import { batchCrc } from '../../systems/broker/record-batch.js'
import { BatchFollower, type BrokerRoles } from './batch-follower.js'

/**
 * What was acknowledged at an offset is the batch that the log has there. Together with LogMatching: in every replica, from then on. The log is
 * the one that any replica reached first.
 */
export const ackedInLog = invariant<BrokerRoles>('AckedInLog', () => {
  /** By partition: a batch's base offset to its CRC. */
  const known: Map<number, number>[] = []
  const follower = new BatchFollower({
    appended: (_, partition, { baseOffset, bytes }) => {
      const crcs = known[partition] ?? new Map<number, number>()
      known[partition] = crcs
      if (!crcs.has(baseOffset)) crcs.set(baseOffset, batchCrc(bytes, 0))
      return undefined
    },
  })
  const hosts: ({ readonly broker: Broker; seen: number } | undefined)[] = []
  return (_, step) => {
    follower.follow(step)
    const { stepped } = step
    const broker = stepped?.process as Broker | undefined
    if (stepped === null || broker === undefined) return undefined
    let host = hosts[stepped.index]
    if (host?.broker !== broker) {
      host = { broker, seen: 0 }
      hosts[stepped.index] = host
    }
    for (const { acknowledgements } = broker; host.seen < acknowledgements.count; host.seen++) {
      const { partition, baseOffset, crc } = acknowledgements.get(host.seen)
      if (known[partition]?.get(baseOffset) !== crc) return `partition ${partition}: the log does not have at offset ${baseOffset} what was acknowledged there`
    }
    return undefined
  }
})
