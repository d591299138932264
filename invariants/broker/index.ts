import type { Invariant } from '../../sim/run/scenario.js'
import { ackedDurable } from './acked-durable.js'
import { ackedInLog } from './acked-in-log.js'
import { BrokerObservation, type BrokerRoles } from './observation.js'
import { offsetsDense } from './offsets-dense.js'
import { partitionLogMatching } from './partition-log-matching.js'
import { producerSequence } from './producer-sequence.js'
import { watermarkOrder } from './watermark-order.js'

/** What must hold of brokers after every step, in constant time for a step, amortised over batches. */
export function brokerInvariants(): readonly Invariant<BrokerRoles>[] {
  const observation = new BrokerObservation()
  return [offsetsDense, partitionLogMatching, watermarkOrder, producerSequence, ackedDurable, ackedInLog].map((make) => make(observation))
}
