import { ms, s } from '../../sim/host/durations.js'
import { SeedfallError } from '../../sim/host/errors.js'
import type { Host, Nanos } from '../../sim/host/seam.js'
import type { ErrorName } from './errors.js'
import type { LeaderDirectory } from './leader-directory.js'
import type { RecordAt } from './record.js'
import { batchSize, decodeRecords, isControl, nextOffset } from './record-batch.js'

export interface ConsumerOptions {
  readonly maxBytes: number
  /** How long a poll waits at the end of the log. */
  readonly maxWait: Nanos
  /** From a poll's start to giving it up. */
  readonly pollTimeout: Nanos
}
export const consumerDefaults: ConsumerOptions = { maxBytes: 65_536, maxWait: ms(100), pollTimeout: s(10) }

/** A poll was refused for good, or given up. Nothing was consumed. */
export class ConsumeFailed extends SeedfallError {
  readonly code = 'consume-failed'
  constructor(readonly error: ErrorName) {
    super(error)
  }
}

export interface Polled {
  /** The position that the poll began at. */
  readonly position: number
  readonly records: readonly RecordAt[]
  /** The position that the next poll begins at. */
  readonly nextPosition: number
  readonly highWatermark: number
}

/** Reads partitions in order, each from its own position, from the log's start on. */
export class Consumer {
  readonly #host: Host
  readonly #directory: LeaderDirectory
  readonly #options: ConsumerOptions
  readonly #positions = new Map<string, number>()

  constructor(host: Host, directory: LeaderDirectory, options: Partial<ConsumerOptions> = {}) {
    this.#host = host
    this.#directory = directory
    this.#options = { ...consumerDefaults, ...options }
  }

  position(topic: string, partition: number): number {
    return this.#positions.get(`${topic}-${partition}`) ?? 0
  }

  seek(topic: string, partition: number, offset: number): void {
    this.#positions.set(`${topic}-${partition}`, offset)
  }

  /**
   * Moves to the log's first offset, to its end, or to the first record at or after a time in milliseconds (the end, when there is none); answers
   * the offset. Rejects with `ConsumeFailed`.
   */
  async seekTo(topic: string, partition: number, at: 'earliest' | 'latest' | number): Promise<number> {
    const destination = { kind: 'partition' as const, topic, partition }
    const deadline = this.#host.clock.monotonic() + this.#options.pollTimeout
    const { answer } = await this.#directory.ask(destination, 'listOffsets', { topic, partition, at }, deadline)
    if (answer.kind === 'error') throw new ConsumeFailed(answer.error)
    if (answer.offset < 0) return this.seekTo(topic, partition, 'latest')
    this.seek(topic, partition, answer.offset)
    return answer.offset
  }

  /** The committed records that follow the position, which moves past them; none when there are none within `maxWait`. Rejects with `ConsumeFailed`. */
  async poll(topic: string, partition: number, options: Partial<ConsumerOptions> = {}): Promise<Polled> {
    const { maxBytes, maxWait, pollTimeout } = { ...this.#options, ...options }
    const position = this.position(topic, partition)
    const request = { topic, partition, offset: position, maxBytes, maxWait }
    const deadline = this.#host.clock.monotonic() + pollTimeout
    const { answer } = await this.#directory.ask({ kind: 'partition', topic, partition }, 'fetch', request, deadline, { patience: maxWait })
    if (answer.kind === 'error') throw new ConsumeFailed(answer.error)
    const records: RecordAt[] = []
    let nextPosition = position
    const { batches } = answer
    for (let at = 0; at < batches.length; at += batchSize(batches, at)) {
      nextPosition = nextOffset(batches, at)
      if (isControl(batches, at)) continue
      for (const record of decodeRecords(batches, at)) if (record.offset >= position) records.push(record)
    }
    this.seek(topic, partition, nextPosition)
    return { position, records, nextPosition, highWatermark: answer.highWatermark }
  }
}
