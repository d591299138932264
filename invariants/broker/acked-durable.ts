import type { World } from '../../sim/host/world.js'
import type { Acknowledgement } from '../../systems/broker/acknowledgements.js'
import type { Broker } from '../../systems/broker/broker.js'
import type { DurableLogs } from '../raft/durable-logs.js'
import { RaftObservation } from '../raft/index.js'
import { DurableReplica } from './durable-replica.js'
import type { BrokerObservation, BrokerObserver, BrokerRoles } from './observation.js'
import { brokerRaftGroups } from './raft-placement.js'

/**
 * Every acknowledged batch is on the disks of a quorum of its replicas, as the next loss of power would leave them: at the moment of the
 * acknowledgement, so that an answer before the sync shows without any crash, and again after every recovery. The replicas' memory is never
 * asked. Since logs that hold an entry hold all before it (Raft's log matching), it is enough to follow the last acknowledged entry of each
 * partition.
 *
 * A disk may hold a batch and hold it damaged. Whenever a broker finds that, all that was ever acknowledged of the partition is looked for, byte by byte: each
 * batch is whole in the segments of some replica, or in its write-ahead log.
 *
 * Not checked here: that more than one of the disks holds it whole, which is for the budget of faults to keep; that the bytes are the acknowledged ones, which is AckedInLog's to say.
 */
export const ackedDurable = (observation: BrokerObservation, raft = new RaftObservation(brokerRaftGroups)) =>
  observation.invariant('AckedDurable', () => {
    const check = new DurabilityCheck()
    return (observer, world) => check.look(observer, world, raft)
  })

class DurabilityCheck {
  /** By partition, then by host. */
  readonly #replicas: DurableReplica[][] = []
  /** By partition: the acknowledged batch that is latest in the replicated log. */
  readonly #latest: (Acknowledgement | undefined)[] = []
  /** By partition. */
  readonly #all: Acknowledgement[][] = []

  look({ broker, isNewLife, acknowledged, damaged }: BrokerObserver, world: World<BrokerRoles>, raft: RaftObservation): string | undefined {
    if (isNewLife) {
      // Recovery may have cut what counted.
      for (const latest of this.#latest) {
        const wrong = latest === undefined ? undefined : this.#count(latest)
        if (wrong !== undefined) return wrong
      }
    }
    for (const partition of damaged) {
      const wrong = this.#find(partition)
      if (wrong !== undefined) return wrong
    }
    for (const acknowledgement of acknowledged) {
      const { partition, index } = acknowledgement
      const all = this.#all[partition] ?? []
      this.#all[partition] = all
      all.push(acknowledgement)
      this.#replicas[partition] ??= replicasOf(world, broker as Broker, partition, raft.logsOf(world))
      if (index > (this.#latest[partition]?.index ?? 0)) this.#latest[partition] = acknowledgement
      const wrong = this.#count(acknowledgement)
      if (wrong !== undefined) return wrong
    }
    return undefined
  }

  /** Of all that was acknowledged of a partition, what no disk holds whole. */
  #find(partition: number): string | undefined {
    const replicas = this.#replicas[partition] ?? []
    const segments = replicas.map((replica) => replica.wholeBatches())
    for (const { baseOffset, nextOffset, index, term, crc } of this.#all[partition] ?? []) {
      if (segments.some((batches) => batches.get(baseOffset) === crc)) continue
      if (replicas.some((replica) => replica.isLogged(index, term))) continue
      return `partition ${partition}: offsets ${baseOffset} to ${nextOffset - 1} (entry ${index} of term ${term}) were acknowledged, and no disk holds them undamaged`
    }
    return undefined
  }

  #count({ partition, baseOffset, nextOffset, index, term }: Acknowledgement): string | undefined {
    const replicas = this.#replicas[partition] as DurableReplica[]
    let holding = 0
    for (let i = 0; i < replicas.length; i++) {
      if ((replicas[i] as DurableReplica).holds(index, term) && ++holding * 2 > replicas.length) return undefined
    }
    const where = replicas.filter((replica) => replica.holds(index, term)).map((replica) => replica.host.name)
    return (
      `partition ${partition}: offsets ${baseOffset} to ${nextOffset - 1} (entry ${index} of term ${term}) were acknowledged, ` +
      `but are on ${holding} of ${replicas.length} disks (${where.join(', ') || 'none'})`
    )
  }
}

function replicasOf(world: World<BrokerRoles>, broker: Broker, partition: number, logs: DurableLogs): DurableReplica[] {
  return world.hosts.broker.map((host) => {
    const { walDirectory } = broker.nodes[partition] as Broker['nodes'][number]
    return new DurableReplica(host, broker.partitions[partition] as Broker['partitions'][number], logs.of(host.durable, walDirectory))
  })
}
