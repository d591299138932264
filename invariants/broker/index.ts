import type { Invariant } from '../../sim/run/scenario.js'
import { RaftObservation } from '../raft/index.js'
import { ackedDurable } from './acked-durable.js'
import { ackedInLog } from './acked-in-log.js'
import { BrokerObservation, type BrokerRoles } from './observation.js'
import { offsetsDense } from './offsets-dense.js'
import { partitionLogMatching } from './partition-log-matching.js'
import { producerSequence } from './producer-sequence.js'
import { brokerRaftGroups } from './raft-placement.js'
import { watermarkOrder } from './watermark-order.js'

/** What must hold of brokers after every step, in constant time for a step, amortised over batches. `raft`: of the same run, whose readers of the disks are shared. */
export function brokerInvariants(raft = new RaftObservation(brokerRaftGroups)): readonly Invariant<BrokerRoles>[] {
  const observation = new BrokerObservation()
  return [offsetsDense, partitionLogMatching, watermarkOrder, producerSequence, ackedDurable, ackedInLog].map((make) => make(observation, raft))
}
