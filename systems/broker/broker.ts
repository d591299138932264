import type { Host, HostName } from '../../sim/host/seam.js'
import { leaveWhenAsked } from '../raft/leave-when-asked.js'
import type { RaftNode } from '../raft/raft-node.js'
import { Acknowledgements } from './acknowledgements.js'
import { brokerApi, type MetadataAnswer, type MetadataRequest, type TopicMetadata } from './api.js'
import { type BrokerConfig, brokerConfig } from './broker-config.js'
import { refusal } from './errors.js'
import { type AppendResult, Partition } from './partition.js'
import { PartitionService } from './partition-service.js'
import { ProducerIds } from './producer-ids.js'
import { RaftReplication } from './raft-replication.js'

/**
 * A broker: a replica of every partition, each in a Raft group with its peers, and the requests of clients. `host.config` is a
 * `Partial<BrokerConfig>`. Files: `<topic>-<partition>/log` and `<topic>-<partition>/raft`, and `controller`.
 */
export class Broker {
  /** Rises when there is something new to see in the partitions or the acknowledgements. */
  changes = 0
  readonly acknowledgements = new Acknowledgements()
  /** Of all topics, in the order of the configuration; and what answers for each. */
  readonly partitions: readonly Partition[]
  readonly services: PartitionService[] = []
  readonly #host: Host
  readonly #config: BrokerConfig
  readonly #brokers: readonly HostName[]
  #nodes: readonly (RaftNode<AppendResult> | RaftNode<number>)[] = []
  #producerIds: ProducerIds | null = null

  private constructor(host: Host) {
    this.#host = host
    this.#config = brokerConfig((host.config ?? {}) as Partial<BrokerConfig>)
    this.#brokers = host.peers[host.role] ?? []
    this.partitions = this.#config.topics.flatMap(({ name, partitions }) => Array.from({ length: partitions }, (_, p) => this.#partition(name, p)))
  }

  /** Recovers all partitions, then serves until it is asked to stop. A disk that fails ends the process: what it holds is for the next start to find out. */
  static async boot(host: Host): Promise<Broker> {
    const broker = new Broker(host)
    host.mark('recovering')
    await broker.#start()
    return broker
  }

  /** The Raft groups of the partitions, in their order, then the controller's. */
  get nodes(): readonly (RaftNode<AppendResult> | RaftNode<number>)[] {
    return this.#nodes
  }

  /** The id that the next producer gets, as far as this replica knows. */
  get nextProducerId(): number {
    return this.#producerIds?.state.value ?? 0
  }

  async #start(): Promise<void> {
    const host = this.#host
    const [producerIds, ...replications] = await Promise.all([
      ProducerIds.start(host, { group: 'controller', replicas: this.#brokers, directory: 'controller' }, this.#config),
      ...this.partitions.map((partition) => {
        const { topic, partition: p } = partition
        const placement = { group: groupName(topic, p), replicas: this.#brokers, directory: `${topic}-${p}/raft` }
        return RaftReplication.start(host, partition, placement, this.#config)
      }),
    ])
    for (const [ordinal, replication] of replications.entries()) {
      const partition = this.partitions[ordinal] as Partition
      this.services.push(new PartitionService(host, ordinal, partition, replication, this.acknowledgements, this, this.#config))
    }
    this.#producerIds = producerIds
    this.#nodes = [...replications.map((replication) => replication.node), producerIds.node]
    const services = new Map(this.services.map((service) => [`${service.partition.topic}-${service.partition.partition}`, service]))
    const serviceOf = ({ topic, partition }: { topic: string; partition: number }) => services.get(`${topic}-${partition}`)
    host.net.serve(brokerApi, {
      produce: (request) => serviceOf(request)?.produce(request) ?? refusal('UNKNOWN_TOPIC_OR_PARTITION'),
      fetch: (request) => serviceOf(request)?.fetch(request) ?? refusal('UNKNOWN_TOPIC_OR_PARTITION'),
      listOffsets: (request) => serviceOf(request)?.listOffsets(request) ?? refusal('UNKNOWN_TOPIC_OR_PARTITION'),
      metadata: (request) => this.#metadata(request),
      initProducerId: () => producerIds.allocate(),
    })
    leaveWhenAsked(host, () => this.#stop())
  }

  /** Leads nothing any more, refuses requests, and leaves all logs durable and closed. */
  async #stop(): Promise<void> {
    for (const { waiters } of this.partitions) waiters.wakeAll()
    await Promise.all(this.#nodes.map((node) => node.stop()))
  }

  #partition(topic: string, partition: number): Partition {
    const { log, maxProducers } = this.#config
    return new Partition(
      this.#host.disk,
      topic,
      partition,
      `${topic}-${partition}/log`,
      { log, maxProducers, maybe: (site) => this.#host.maybe(site) },
      this,
      (error) => this.#host.exit(`partition ${topic}-${partition} cannot be written: ${String(error)}`),
    )
  }

  #metadata(request: MetadataRequest): MetadataAnswer {
    const topics: TopicMetadata[] = []
    for (const { name } of this.#config.topics) {
      if (request.topics !== null && !request.topics.includes(name)) continue
      const partitions = this.services
        .filter((service) => service.partition.topic === name)
        .map(({ partition: { partition }, replication: { leader = null, leaderEpoch } }) => ({ partition, leader, leaderEpoch, replicas: this.#brokers }))
      topics.push({ topic: name, partitions })
    }
    return { kind: 'metadata', brokers: this.#brokers, topics, controller: this.#producerIds?.leader ?? null }
  }
}

/** A Raft group's name has no capitals and no dots: what it may not have is told apart by its character code. */
function groupName(topic: string, partition: number): string {
  return `${topic.replace(/[^a-z0-9]/g, (character) => `-${character.charCodeAt(0).toString(16)}-`)}-${partition}`
}
