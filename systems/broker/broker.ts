import { DiskError } from '../../sim/host/errors.js'
import type { Host, HostName } from '../../sim/host/seam.js'
import type { RaftNode } from '../raft/raft-node.js'
import { Acknowledgements } from './acknowledgements.js'
import { brokerApi, type MetadataAnswer, type MetadataRequest } from './api.js'
import { type BrokerConfig, brokerConfig } from './broker-config.js'
import { CorruptLog } from './log-recovery.js'
import type { Partition } from './partition.js'
import type { PartitionService } from './partition-service.js'
import type { ProducerIds } from './producer-ids.js'
import { RaftReplication } from './raft-replication.js'

/**
 * A broker: a replica of every partition, each in a Raft group with its peers, and the requests of clients. `host.config` is a
 * `Partial<BrokerConfig>`. Files: `<topic>-<partition>/log` and `<topic>-<partition>/raft`, and `controller`.
 */
export class Broker {
  readonly acknowledgements = new Acknowledgements()
  /** Of all topics, in the order of the configuration. */
  readonly partitions: readonly Partition[]
  readonly services: readonly PartitionService[]
  /** The Raft groups of the partitions, then the controller's. */
  readonly nodes: readonly RaftNode[]
  readonly #host: Host
  readonly #config: BrokerConfig
  readonly #brokers: readonly HostName[]
  readonly #observed: { readonly changes: number }
  readonly #byName: ReadonlyMap<string, PartitionService>
  readonly #producerIds: ProducerIds

