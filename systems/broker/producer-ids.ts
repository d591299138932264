import type { Host, HostName } from '../../sim/host/seam.js'
import { Busy, NotLeader, ProposalTimeout, Superseded } from '../raft/errors.js'
import { RaftNode } from '../raft/raft-node.js'
import { type MemoryState, SnapshotFile } from '../raft/snapshot-file.js'
import type { InitProducerIdAnswer } from './api.js'
import { readInt64, writeInt64 } from './big-endian.js'
import type { BrokerConfig } from './broker-config.js'
import { refusal } from './errors.js'
import type { ReplicaPlacement } from './replication.js'

/** Gives out producer ids, each once in the life of the cluster: a counter in a Raft group of its own, the controller's. */
export class ProducerIds {
  private constructor(
    readonly node: RaftNode<number>,
    readonly state: NextProducerId,
  ) {}

  static async start(host: Host, placement: ReplicaPlacement, config: BrokerConfig): Promise<ProducerIds> {
    const { group, replicas, directory } = placement
    const state = new NextProducerId()
    const stateMachine = new SnapshotFile(host.disk, `${directory}/state`, state)
    const options = { group, peers: replicas, directory: `${directory}/raft`, stateMachine, options: config.raft }
    return new ProducerIds(await RaftNode.start(host, options), state)
  }

  get leader(): HostName | undefined {
    return this.node.leader
  }

  async allocate(): Promise<InitProducerIdAnswer> {
    try {
      return { kind: 'producer-id', id: await this.node.propose(oneMore), epoch: 0 }
    } catch (error) {
      if (error instanceof NotLeader) return refusal('NOT_COORDINATOR', error.leader)
      if (error instanceof Busy || error instanceof Superseded) return refusal('COORDINATOR_NOT_AVAILABLE')
      if (error instanceof ProposalTimeout) return refusal('REQUEST_TIMED_OUT')
      throw error
    }
  }
}

/** Every entry takes one id. One that nobody hears of is lost, which hurts nobody. */
class NextProducerId implements MemoryState<number> {
  #next = 0

  get value(): number {
    return this.#next
  }

  apply(): number {
    return this.#next++
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(8)
    writeInt64(bytes, 0, this.#next)
    return bytes
  }

  decode(bytes: Uint8Array): void {
    this.#next = readInt64(bytes, 0)
  }
}

const oneMore = new Uint8Array(1)
