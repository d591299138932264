import { readInt16, readInt32, readInt64, writeInt16, writeInt32, writeInt64 } from './big-endian.js'
import { baseSequence, lastOffsetDelta, producerEpoch, producerId } from './record-batch.js'

/**
 * What a partition remembers of idempotent producers (KIP-98), so that a retried batch is appended once: per producer id its epoch and the last
 * five batches, five being how many a producer may have in flight. A function of the log's batches alone, so that all replicas agree on it.
 */
export class ProducerState {
  /** Least recently appended first. */
  readonly #producers = new Map<number, Producer>()
  readonly #maxProducers: number

  /** Beyond `maxProducers` the least recent is forgotten: its next batch is refused with UNKNOWN_PRODUCER_ID unless it starts anew at sequence 0. */
  constructor(maxProducers = 100_000) {
    this.#maxProducers = maxProducers
  }

  get size(): number {
    return this.#producers.size
  }

  /** Whether the batch at the start of `batch` is the next of its producer. Batches without a producer id always are. */
  check(batch: Uint8Array): SequenceVerdict {
    const id = producerId(batch, 0)
    if (id < 0) return accepted
    const epoch = producerEpoch(batch, 0)
    const sequence = baseSequence(batch, 0)
    const producer = this.#producers.get(id)
    if (producer === undefined) return sequence === 0 ? accepted : unknownProducer
    if (epoch < producer.epoch) return staleEpoch
    if (epoch > producer.epoch) return sequence === 0 ? accepted : outOfOrder
    const lastSequence = advance(sequence, lastOffsetDelta(batch, 0))
    for (const sent of producer.batches) {
      if (sent.firstSequence === sequence && sent.lastSequence === lastSequence) return { kind: 'duplicate', baseOffset: sent.baseOffset }
    }
    return sequence === nextSequence(producer) ? accepted : outOfOrder
  }

  /** Remembers an accepted batch that was appended at `baseOffset`. */
  remember(batch: Uint8Array, baseOffset: number): void {
    const id = producerId(batch, 0)
    if (id < 0) return
    const epoch = producerEpoch(batch, 0)
    const known = this.#producers.get(id)
    const producer = known?.epoch === epoch ? known : { epoch, batches: [] }
    const firstSequence = baseSequence(batch, 0)
    if (producer.batches.length === rememberedBatches) producer.batches.shift()
    producer.batches.push({ firstSequence, lastSequence: advance(firstSequence, lastOffsetDelta(batch, 0)), baseOffset })
    this.#producers.delete(id)
    this.#producers.set(id, producer)
    if (this.#producers.size > this.#maxProducers) this.#producers.delete(this.#producers.keys().next().value as number)
  }

  /** Per producer: id int64, epoch int16, number of batches int16, and per batch first and last sequence int32, base offset int64. */
  encode(): Uint8Array {
    let size = 4
    for (const producer of this.#producers.values()) size += 12 + 16 * producer.batches.length
    const bytes = new Uint8Array(size)
    writeInt32(bytes, 0, this.#producers.size)
    let at = 4
    for (const [id, producer] of this.#producers) {
      writeInt64(bytes, at, id)
      writeInt16(bytes, at + 8, producer.epoch)
      writeInt16(bytes, at + 10, producer.batches.length)
      at += 12
      for (const batch of producer.batches) {
        writeInt32(bytes, at, batch.firstSequence)
        writeInt32(bytes, at + 4, batch.lastSequence)
        writeInt64(bytes, at + 8, batch.baseOffset)
        at += 16
      }
    }
    return bytes
  }

  /** Of bytes that `encode` made: their integrity is the caller's to check. */
  static decode(bytes: Uint8Array, maxProducers?: number): ProducerState {
    const state = new ProducerState(maxProducers)
    let at = 4
    for (let left = readInt32(bytes, 0); left > 0; left--) {
      const producer: Producer = { epoch: readInt16(bytes, at + 8), batches: [] }
      state.#producers.set(readInt64(bytes, at), producer)
      const batches = readInt16(bytes, at + 10)
      at += 12
      for (let i = 0; i < batches; i++, at += 16) {
        producer.batches.push({ firstSequence: readInt32(bytes, at), lastSequence: readInt32(bytes, at + 4), baseOffset: readInt64(bytes, at + 8) })
      }
    }
    return state
  }
}

export type SequenceVerdict =
  | { readonly kind: 'accepted' }
  /** Appended before, at this offset: answered as a success. */
  | { readonly kind: 'duplicate'; readonly baseOffset: number }
  | { readonly kind: 'refused'; readonly error: SequenceError }
export type SequenceError = 'OUT_OF_ORDER_SEQUENCE_NUMBER' | 'INVALID_PRODUCER_EPOCH' | 'UNKNOWN_PRODUCER_ID'

/** The sequence `by` records later. Sequences are 31 bits and wrap to 0. */
export function advance(sequence: number, by: number): number {
  return (sequence + by) % 0x8000_0000
}

interface Producer {
  readonly epoch: number
  /** At least one, oldest first. */
  readonly batches: SentBatch[]
}
interface SentBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
}

const rememberedBatches = 5
const accepted: SequenceVerdict = { kind: 'accepted' }
const outOfOrder: SequenceVerdict = { kind: 'refused', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' }
const staleEpoch: SequenceVerdict = { kind: 'refused', error: 'INVALID_PRODUCER_EPOCH' }
const unknownProducer: SequenceVerdict = { kind: 'refused', error: 'UNKNOWN_PRODUCER_ID' }

function nextSequence(producer: Producer): number {
  return advance((producer.batches[producer.batches.length - 1] as SentBatch).lastSequence, 1)
}
