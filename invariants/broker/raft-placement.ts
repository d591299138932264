import type { HostView } from '../../sim/host/world.js'
import type { Broker } from '../../systems/broker/broker.js'
import { Partition } from '../../systems/broker/partition.js'
import type { Position } from '../../systems/raft/messages.js'
import type { RaftNode } from '../../systems/raft/raft-node.js'
import { durableSnapshot } from '../../systems/raft/snapshot-file.js'
import type { RaftPlacement } from '../raft/index.js'
import { durableCheckpoint } from './durable-replica.js'

/** Where Raft's invariants find the groups of a broker: one a partition, and the controller's. */
export const brokerRaftGroups: RaftPlacement = {
  // A node's results do not matter to those who only look.
  nodes: (process) => (process as Broker).nodes as unknown as readonly RaftNode[],
  durableState,
  digest: (process, node) => (node.stateMachine instanceof Partition ? node.stateMachine.log.chain : (process as Broker).nextProducerId),
}

function durableState({ durable }: HostView<unknown>, { stateMachine }: RaftNode): Position | null {
  if (!(stateMachine instanceof Partition)) return durableSnapshot(durable, 'controller/state')
  return durableCheckpoint(durable, stateMachine.directory)
}
