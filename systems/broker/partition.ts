import { Misuse } from '../../sim/host/errors.js'
import type { Disk } from '../../sim/host/seam.js'
import type { StateMachine } from '../raft/state-machine.js'
import { type LogOptions, PartitionLog } from './partition-log.js'
import { ProducerState, type SequenceError } from './producer-state.js'
import { WatermarkWaiters } from './watermark-waiters.js'

/** What became of a committed batch. `index` and `term` are its entry's in the replicated log. */
export type AppendResult =
  | { readonly kind: 'appended'; readonly baseOffset: number; readonly index: number; readonly term: number }
  /** A retry of a batch that was appended before, at this offset: a success. */
  | { readonly kind: 'duplicate'; readonly baseOffset: number; readonly index: number; readonly term: number }
  | { readonly kind: 'refused'; readonly error: SequenceError }

export interface PartitionOptions {
  readonly log: LogOptions
  readonly maxProducers: number
  /** Whether to take a rare path (`Host.maybe`); never, when it is not given. */
  maybe?(site: string): boolean
}

/** Counts what observers may want to look at: nothing new, nothing to look at. */
export interface ChangeCounter {
  changes: number
}

/**
 * A replica of a topic's partition: the state that the partition's replicated log of batches builds. Every committed entry is one record batch;
 * whether it is appended depends on its producer's sequence alone, so all replicas decide alike.
 */
export class Partition implements StateMachine<AppendResult> {
  /** All below may be read: the end of what is known to be committed. */
  highWatermark = 0
  producers: ProducerState
  readonly waiters = new WatermarkWaiters()
  /** How often what the files hold was found to be damaged in this incarnation. */
  losses = 0
  #log: PartitionLog | null = null
  #index = 0
  #term = 0
  readonly #disk: Disk
  readonly #options: PartitionOptions
  readonly #changed: ChangeCounter
  readonly #failed: (error: unknown) => void
  #lost: (error: Error) => void = () => {}

  /** `failed` hears of a failure of the disk in the background, after which the partition must not be used. */
  constructor(
    disk: Disk,
    readonly topic: string,
    readonly partition: number,
    readonly directory: string,
    options: PartitionOptions,
    changed: ChangeCounter,
    failed: (error: unknown) => void,
  ) {
    this.#disk = disk
    this.#options = options
    this.#changed = changed
    this.#failed = failed
    this.producers = new ProducerState(options.maxProducers)
  }

  get log(): PartitionLog {
    if (this.#log === null) throw new Misuse(`partition ${this.topic}-${this.partition} is not open`)
    return this.#log
  }

  /** Of the last entry applied. */
  get appliedIndex(): number {
    return this.#index
  }

  /** No transaction is undecided in this mode: all committed records are stable. */
  get lastStableOffset(): number {
    return this.highWatermark
  }

  async open(): Promise<{ index: number; term: number } | null> {
    const { log, covered, damage } = await PartitionLog.open(this.#disk, this.directory, this.#options.log, this.#failed)
    this.#log = log
    log.onDamage((error) => {
      this.#noteLoss()
      this.#lost(error)
    })
    if (damage !== null) this.#noteLoss()
    if (covered !== null) this.#adopt(covered)
    return damage !== null ? null : { index: this.#index, term: this.#term }
  }

  onDamage(lost: (error: Error) => void): void {
    this.#lost = lost
  }

  apply(index: number, term: number, data: Uint8Array): AppendResult {
    this.#index = index
    this.#term = term
    this.#changed.changes++
    const verdict = this.producers.check(data)
    if (verdict.kind === 'refused') return verdict
    if (verdict.kind === 'duplicate') return { kind: 'duplicate', baseOffset: verdict.baseOffset, index, term }
    const { baseOffset } = this.log.append(data, term)
    this.producers.remember(data, baseOffset)
    this.highWatermark = this.log.endOffset
    this.waiters.advance(this.highWatermark)
    return { kind: 'appended', baseOffset, index, term }
  }

  async flush(): Promise<{ index: number; term: number }> {
    const position = { index: this.#index, term: this.#term }
    await this.log.flush({ ...position, producers: this.producers.encode() })
    if (this.#options.maybe?.('broker.roll-early')) this.log.seal()
    return position
  }

  async capture(): Promise<{ index: number; term: number; bytes: Uint8Array }> {
    const position = { index: this.#index, term: this.#term }
    const bytes = await this.log.capture({ ...position, producers: this.producers.encode() })
    return { ...position, bytes }
  }

  async install(snapshot: { index: number; term: number; bytes: Uint8Array }): Promise<void> {
    this.#adopt(await this.log.install(snapshot.bytes))
    this.waiters.advance(this.highWatermark)
  }

  async close(): Promise<void> {
    await this.log.close()
  }

  #noteLoss(): void {
    this.losses++
    this.#changed.changes++
  }

  #adopt(covered: { index: number; term: number; producers: Uint8Array }): void {
    this.#index = covered.index
    this.#term = covered.term
    this.producers = ProducerState.decode(covered.producers, this.#options.maxProducers)
    this.highWatermark = this.log.endOffset
    this.#changed.changes++
  }
}
