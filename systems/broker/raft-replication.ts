import type { HostName, Nanos } from '../../sim/host/seam.js'
import { Busy, NotLeader, ProposalTimeout, Superseded } from '../raft/errors.js'
import { RaftNode } from '../raft/raft-node.js'
import { type Refusal, refusal } from './errors.js'
import type { AppendResult } from './partition.js'
import type { Replication, ReplicationMode } from './replication.js'

/** Raft mode, as Redpanda has it: one Raft group a partition, its entries the batches, its term the leader epoch. */
export class RaftReplication implements Replication {
  private constructor(readonly node: RaftNode<AppendResult>) {}

  static readonly start: ReplicationMode<RaftReplication> = async (host, partition, { group, replicas, directory }, config) => {
    return new RaftReplication(await RaftNode.start(host, { group, peers: replicas, directory, stateMachine: partition, options: config.raft }))
  }

  get isLeader(): boolean {
    return this.node.isLeader
  }

  get leader(): HostName | undefined {
    return this.node.leader
  }

  get leaderEpoch(): number {
    return this.node.term
  }

  async append(batch: Uint8Array, timeout: Nanos): Promise<AppendResult | Refusal> {
    // The usual mistake of a client, and no reason to throw.
    if (!this.node.isLeader) return refusal('NOT_LEADER_OR_FOLLOWER', this.node.leader)
    try {
      return await this.node.propose(batch, { timeout })
    } catch (error) {
      if (error instanceof NotLeader) return refusal('NOT_LEADER_OR_FOLLOWER', error.leader)
      if (error instanceof Busy) return refusal('NOT_ENOUGH_REPLICAS')
      if (error instanceof Superseded) return refusal('NOT_ENOUGH_REPLICAS_AFTER_APPEND')
      if (error instanceof ProposalTimeout) return refusal('REQUEST_TIMED_OUT')
      throw error
    }
  }

  async confirmLeadership(): Promise<Refusal | null> {
    try {
      await this.node.readIndex()
      return null
    } catch (error) {
      if (error instanceof NotLeader) return refusal('NOT_LEADER_OR_FOLLOWER', error.leader)
      if (error instanceof Busy) return refusal('NOT_ENOUGH_REPLICAS')
      if (error instanceof Superseded || error instanceof ProposalTimeout) return refusal('REQUEST_TIMED_OUT')
      throw error
    }
  }
}
