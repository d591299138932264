import type { Host, HostName, Nanos } from '../../sim/host/seam.js'
import type { BrokerConfig } from './broker-config.js'
import type { Refusal } from './errors.js'
import type { AppendResult, Partition } from './partition.js'

/** How the replicas of a partition agree on its batches: one Raft group a partition now, other modes beside it later. */
export interface Replication {
  readonly isLeader: boolean
  /** As far as this replica knows. */
  readonly leader: HostName | undefined
  readonly leaderEpoch: number
  /** Settles when the batch is committed and applied here, or with why not: after `timeout` at the latest. */
  append(batch: Uint8Array, timeout: Nanos): Promise<AppendResult | Refusal>
  /** null: this replica led at some time after the call, and all that was committed before the call is applied here. */
  confirmLeadership(): Promise<Refusal | null>
}

export interface ReplicaPlacement {
  /** Unique on its cluster. */
  readonly group: string
  readonly replicas: readonly HostName[]
  readonly directory: string
}

/** Starts to replicate a partition that was not opened yet. Every mode is started so, and answers a replication of its own kind. */
export type ReplicationMode<R extends Replication = Replication> = (
  host: Host,
  partition: Partition,
  placement: ReplicaPlacement,
  config: BrokerConfig,
) => Promise<R>
