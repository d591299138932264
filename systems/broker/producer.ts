import { ms, s } from '../../sim/host/durations.js'
import { SeedfallError } from '../../sim/host/errors.js'
import type { Host, Nanos, Timer } from '../../sim/host/seam.js'
import type { ErrorName } from './errors.js'
import type { Destination, LeaderDirectory } from './leader-directory.js'
import { advance } from './producer-state.js'
import type { NewRecord } from './record.js'
import { encodeBatch } from './record-batch.js'

export interface ProducerOptions {
  /** How long a batch waits for more records. */
  readonly linger: Nanos
  /** Records of a batch at most. */
  readonly batchRecords: number
  /** Keys and values of a batch in bytes; a larger record goes alone. */
  readonly batchBytes: number
  /** Batches of a partition sent and not answered; brokers remember the last five. */
  readonly maxInFlight: 1 | 2 | 3 | 4 | 5
  /** How long a broker may take over one request. */
  readonly requestTimeout: Nanos
  /** From a record's sending to giving it up. */
  readonly deliveryTimeout: Nanos
}
export const producerDefaults: ProducerOptions = {
  linger: 0,
  batchRecords: 1_000,
  batchBytes: 16_384,
  maxInFlight: 5,
  requestTimeout: ms(500),
  deliveryTimeout: s(10),
}

/** A record was given up. */
export class ProduceFailed extends SeedfallError {
  readonly code = 'produce-failed'
  constructor(
    readonly error: ErrorName,
    /** True: it may have been appended, or may yet be. False: it certainly never is. */
    readonly uncertain: boolean,
  ) {
    super(`${error}${uncertain ? ', and whether it was appended is not known' : ''}`)
  }
}

/**
 * An idempotent producer (KIP-98): records of a partition are appended in the order they are sent, once each, however often a batch is retried.
 * Each partition has a producer id of its own, so that giving up a batch in one disturbs no other.
 */
export class Producer {
  readonly #host: Host
  readonly #directory: LeaderDirectory
  readonly #options: ProducerOptions
  readonly #queues = new Map<string, PartitionQueue>()

  constructor(host: Host, directory: LeaderDirectory, options: Partial<ProducerOptions> = {}) {
    this.#host = host
    this.#directory = directory
    this.#options = { ...producerDefaults, ...options }
  }

  /** Settles with the record's offset, or rejects with `ProduceFailed`. */
  send(topic: string, partition: number, record: NewRecord): Promise<number> {
    const key = `${topic}-${partition}`
    let queue = this.#queues.get(key)
    if (queue === undefined) {
      queue = new PartitionQueue(this.#host, this.#directory, topic, partition, this.#options)
      this.#queues.set(key, queue)
    }
    return queue.send(record)
  }
}

interface Batch {
  readonly records: NewRecord[]
  readonly settled: { resolve(offset: number): void; reject(failure: ProduceFailed): void }[]
  bytes: number
  readonly deadline: Nanos
}
interface Identity {
  readonly id: number
  readonly epoch: number
}

class PartitionQueue {
  readonly #host: Host
  readonly #directory: LeaderDirectory
  readonly #destination: Destination
  readonly #topic: string
  readonly #partition: number
  readonly #options: ProducerOptions
  /** Not sent yet; the last may take further records. */
  #waiting: Batch[] = []
  #linger: Timer | null = null
  /** Sent under the identity and not answered, oldest first. */
  #inFlight: Batch[] = []
  /** When the first of them became the oldest. */
  #oldestSince: Nanos = 0
  #identity: Identity | null = null
  #identifying = false
  #nextSequence = 0

  constructor(host: Host, directory: LeaderDirectory, topic: string, partition: number, options: ProducerOptions) {
    this.#host = host
    this.#directory = directory
    this.#topic = topic
    this.#partition = partition
    this.#destination = { kind: 'partition', topic, partition }
    this.#options = options
  }

  send(record: NewRecord): Promise<number> {
    return new Promise((resolve, reject) => {
      const batch = this.#openBatch(record)
      batch.records.push(record)
      batch.settled.push({ resolve, reject })
      batch.bytes += sizeOf(record)
      if (this.#isFull(batch) || this.#options.linger === 0) this.#pump()
      else this.#linger ??= this.#host.clock.timer(this.#options.linger, () => this.#pump())
    })
  }

  #openBatch(record: NewRecord): Batch {
    const last = this.#waiting.at(-1)
    if (last !== undefined && !this.#isFull(last) && last.bytes + sizeOf(record) <= this.#options.batchBytes) return last
    const batch = { records: [], settled: [], bytes: 0, deadline: this.#host.clock.monotonic() + this.#options.deliveryTimeout }
    this.#waiting.push(batch)
    return batch
  }

  #isFull(batch: Batch): boolean {
    return batch.records.length >= this.#options.batchRecords || batch.bytes >= this.#options.batchBytes
  }

  /** Sends what waits, as far as order and the in-flight limit allow. */
  #pump(): void {
    this.#linger?.cancel()
    this.#linger = null
    while (this.#waiting.length > 0 && this.#inFlight.length < this.#options.maxInFlight) {
      if (this.#identity === null) {
        // What the last identity still has in flight comes first.
        if (this.#inFlight.length > 0 || this.#identifying) return
        this.#identifying = true
        this.#host.spawn('producer-id', () => this.#identify())
        return
      }
      const batch = this.#waiting.shift() as Batch
      const { id, epoch } = this.#identity
      const bytes = encodeBatch(batch.records, { producer: { id, epoch, sequence: this.#nextSequence } })
      this.#nextSequence = advance(this.#nextSequence, batch.records.length)
      if (this.#inFlight.push(batch) === 1) this.#oldestSince = this.#host.clock.monotonic()
      this.#host.spawn('produce', () => this.#deliver(batch, bytes))
    }
  }

  async #identify(): Promise<void> {
    const first = this.#waiting[0] as Batch
    const { answer } = await this.#directory.ask({ kind: 'controller' }, 'initProducerId', null, first.deadline)
    this.#identifying = false
    if (answer.kind === 'producer-id') {
      this.#identity = { id: answer.id, epoch: answer.epoch }
      this.#nextSequence = 0
    } else {
      this.#waiting.shift()
      fail(first, new ProduceFailed(answer.error, false))
    }
    this.#pump()
  }

  async #deliver(batch: Batch, bytes: Uint8Array): Promise<void> {
    const request = { topic: this.#topic, partition: this.#partition, acks: -1, timeout: this.#options.requestTimeout, batch: bytes }
    const { answer, uncertain } = await this.#directory.ask(this.#destination, 'produce', request, batch.deadline, {
      // While an older batch is on its way, a newer one may arrive before it at a new leader.
      again: ({ error }, sentAt) => {
        const early = this.#inFlight[0] !== batch || sentAt <= this.#oldestSince
        return early && (error === 'OUT_OF_ORDER_SEQUENCE_NUMBER' || error === 'UNKNOWN_PRODUCER_ID')
      },
    })
    if (this.#inFlight[0] === batch) this.#oldestSince = this.#host.clock.monotonic()
    this.#inFlight = this.#inFlight.filter((other) => other !== batch)
    if (answer.kind === 'produced') {
      for (let i = 0; i < batch.settled.length; i++) batch.settled[i]?.resolve(answer.baseOffset + i)
    } else {
      // The sequence has a hole now: later batches start anew under another id.
      this.#identity = null
      fail(batch, new ProduceFailed(answer.error, uncertain))
    }
    this.#pump()
  }
}

function fail(batch: Batch, failure: ProduceFailed): void {
  for (const { reject } of batch.settled) reject(failure)
}

function sizeOf(record: NewRecord): number {
  return (record.key?.length ?? 0) + (record.value?.length ?? 0)
}
