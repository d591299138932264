import type { HostName, Nanos } from '../../sim/host/seam.js'
import { protocol } from '../../sim/run/scenario.js'
import type { Refusal } from './errors.js'

/** What clients ask of brokers: Kafka's requests of the same names, one partition each. */
export type BrokerApi = {
  produce: { req: ProduceRequest; res: ProduceAnswer }
  fetch: { req: FetchRequest; res: FetchAnswer }
  listOffsets: { req: ListOffsetsRequest; res: ListOffsetsAnswer }
  metadata: { req: MetadataRequest; res: MetadataAnswer }
  initProducerId: { req: null; res: InitProducerIdAnswer }
}
export const brokerApi = protocol<BrokerApi>('broker-api', { transport: 'stream' })

export interface ProduceRequest {
  readonly topic: string
  readonly partition: number
  /** -1: all; what is acknowledged is durable on a quorum. Other values are refused. */
  readonly acks: number
  /** Then the broker answers REQUEST_TIMED_OUT. */
  readonly timeout: Nanos
  /** One record batch. */
  readonly batch: Uint8Array
}
export type ProduceAnswer = Produced | Refusal
export interface Produced {
  readonly kind: 'produced'
  /** Of the batch's first record; for a retry, the one it was appended at first. */
  readonly baseOffset: number
  readonly logStartOffset: number
}

export interface FetchRequest {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** At least one whole batch is answered, however large. */
  readonly maxBytes: number
  /** How long to wait for the first record. */
  readonly maxWait: Nanos
}
export type FetchAnswer = Fetched | Refusal
export interface Fetched {
  readonly kind: 'fetched'
  /** Whole batches, committed, from the one that holds the offset on; empty: none came in time. */
  readonly batches: Uint8Array
  /** At least what was committed before the request was sent. */
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
}

export interface ListOffsetsRequest {
  readonly topic: string
  readonly partition: number
  /** The first record at or after a time in milliseconds. */
  readonly at: 'earliest' | 'latest' | number
}
export type ListOffsetsAnswer = ListedOffset | Refusal
export interface ListedOffset {
  readonly kind: 'offset'
  /** -1 when no record is that young. */
  readonly offset: number
  readonly timestamp: number
}

export interface MetadataRequest {
  /** null: all. */
  readonly topics: readonly string[] | null
}
export interface MetadataAnswer {
  readonly kind: 'metadata'
  readonly brokers: readonly HostName[]
  readonly topics: readonly TopicMetadata[]
  /** Who gives out producer ids. */
  readonly controller: HostName | null
}
export interface TopicMetadata {
  readonly topic: string
  readonly partitions: readonly PartitionMetadata[]
}
export interface PartitionMetadata {
  readonly partition: number
  /** As the answering broker knows it. */
  readonly leader: HostName | null
  readonly leaderEpoch: number
  readonly replicas: readonly HostName[]
}

export type InitProducerIdAnswer = { readonly kind: 'producer-id'; readonly id: number; readonly epoch: number } | Refusal
