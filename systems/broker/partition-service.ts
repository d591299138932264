import { DiskError } from '../../sim/host/errors.js'
import type { Host } from '../../sim/host/seam.js'
import { CorruptLog } from '../raft/wal-recovery.js'
import type { Acknowledgements } from './acknowledgements.js'
import type { FetchAnswer, FetchRequest, ListOffsetsAnswer, ListOffsetsRequest, ProduceAnswer, ProduceRequest } from './api.js'
import { type ErrorName, refusal } from './errors.js'
import type { ChangeCounter, Partition } from './partition.js'
import { type BatchFault, batchCrc, lastOffsetDelta, producedBatchFault } from './record-batch.js'
import type { Replication } from './replication.js'

export interface ServiceLimits {
  readonly maxBatchBytes: number
  readonly maxFetchBytes: number
}

/** Answers clients' requests for one partition, whatever way it is replicated. */
export class PartitionService {
  /** All that was acknowledged in this incarnation lies below. */
  acknowledgedEnd = 0
  readonly #host: Host
  readonly #acknowledgements: Acknowledgements
  readonly #changed: ChangeCounter
  readonly #limits: ServiceLimits

  constructor(
    host: Host,
    /** Position in the broker's list of partitions. */
    readonly ordinal: number,
    readonly partition: Partition,
    readonly replication: Replication,
    acknowledgements: Acknowledgements,
    changed: ChangeCounter,
    limits: ServiceLimits,
  ) {
    this.#host = host
    this.#acknowledgements = acknowledgements
    this.#changed = changed
    this.#limits = limits
  }

  /** Answers when the batch is durable on a quorum. */
  async produce(request: ProduceRequest): Promise<ProduceAnswer> {
    const { batch } = request
    if (request.acks !== -1) return refusal('INVALID_REQUIRED_ACKS')
    if (batch.length > this.#limits.maxBatchBytes) return refusal('MESSAGE_TOO_LARGE')
    const fault = producedBatchFault(batch)
    if (fault !== null) return refusal(errorOf(fault))
    if (this.#host.maybe('broker.refuse-produce')) return refusal('NOT_LEADER_OR_FOLLOWER')
    const result = await this.replication.append(batch, request.timeout)
    if (result.kind === 'error') return result
    if (result.kind === 'refused') return refusal(result.error)
    if (result.kind === 'duplicate') this.#host.check.reachable('a batch sent twice is answered from memory')
    // The client cannot tell what became of the batch, and sends it again.
    if (this.#host.maybe('broker.forget-answer')) return refusal('REQUEST_TIMED_OUT')
    const { baseOffset, index, term } = result
    const nextOffset = baseOffset + lastOffsetDelta(batch, 0) + 1
    this.#acknowledgements.add({ partition: this.ordinal, baseOffset, nextOffset, crc: batchCrc(batch, 0), index, term })
    if (nextOffset > this.acknowledgedEnd) this.acknowledgedEnd = nextOffset
    this.#changed.changes++
    this.#host.mark('acknowledged')
    return { kind: 'produced', baseOffset, logStartOffset: this.partition.log.startOffset }
  }

  /** Committed batches only, and linearizable: an answer reflects all that was acknowledged before the request was sent. */
  async fetch(request: FetchRequest): Promise<FetchAnswer> {
    const { partition } = this
    const refused = await this.replication.confirmLeadership()
    if (refused !== null) return refused
    if (request.offset < partition.log.startOffset || request.offset > partition.highWatermark) return refusal('OFFSET_OUT_OF_RANGE')
    if (request.offset === partition.highWatermark && request.maxWait > 0) {
      await partition.waiters.passes(request.offset, this.#host.clock, request.maxWait)
    }
    const { highWatermark, lastStableOffset, log } = partition
    const answer = { kind: 'fetched' as const, highWatermark, lastStableOffset, logStartOffset: log.startOffset }
    if (request.offset >= highWatermark) return { ...answer, batches: nothing }
    const maxBytes = this.#host.maybe('broker.fetch-one-batch') ? 1 : Math.min(request.maxBytes, this.#limits.maxFetchBytes)
    return unlessUnreadable(async () => {
      await this.#host.failpoint('broker.read', { EIO: () => new DiskError('EIO', 'read', partition.directory) })
      return { ...answer, batches: await log.read(request.offset, maxBytes, highWatermark) }
    })
  }

  async listOffsets(request: ListOffsetsRequest): Promise<ListOffsetsAnswer> {
    const { partition } = this
    const refused = await this.replication.confirmLeadership()
    if (refused !== null) return refused
    const { at } = request
    if (at === 'earliest') return { kind: 'offset', offset: partition.log.startOffset, timestamp: -1 }
    if (at === 'latest') return { kind: 'offset', offset: partition.highWatermark, timestamp: -1 }
    return unlessUnreadable(async () => {
      const found = await partition.log.offsetForTimestamp(at, partition.highWatermark)
      return { kind: 'offset', offset: found?.offset ?? -1, timestamp: found?.timestamp ?? -1 }
    })
  }
}

const nothing = new Uint8Array(0)

/** A damaged or unreadable file is a storage error to the client, who may find another replica leading later. */
async function unlessUnreadable<A>(read: () => Promise<A>): Promise<A | ReturnType<typeof refusal>> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof DiskError || error instanceof CorruptLog) return refusal('KAFKA_STORAGE_ERROR')
    throw error
  }
}

function errorOf(fault: BatchFault): ErrorName {
  switch (fault) {
    case 'codec':
      return 'UNSUPPORTED_COMPRESSION_TYPE'
    case 'empty':
    case 'count':
    case 'records':
      return 'INVALID_RECORD'
    default:
      return 'CORRUPT_MESSAGE'
  }
}
