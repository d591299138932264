import type { BatchOperation } from './batch.js'
import { StoreBusy, StoreClosed } from './errors.js'

/** What waits for a partition's writer. */
export type QueuedWrite =
  | { readonly kind: 'batch'; readonly batch: readonly BatchOperation[]; readonly done: Settle<void> }
  | { readonly kind: 'job'; readonly name: string; readonly run: () => Promise<void>; readonly done: Settle<void> }

export interface Settle<T> {
  resolve(value: T): void
  reject(error: unknown): void
}

/** Batches and jobs in the order in which they came; neighbouring batches become one commit. */
export class WriteQueue {
  readonly #waiting: QueuedWrite[] = []
  readonly #limit: number
  #isClosed = false

  constructor(limit: number) {
    this.#limit = limit
  }

  get length(): number {
    return this.#waiting.length
  }

  batch(batch: readonly BatchOperation[]): Promise<void> {
    if (this.#waiting.length >= this.#limit) return Promise.reject(new StoreBusy(`${this.#limit} batches wait for the partition's writer already`))
    return this.#add((done) => ({ kind: 'batch', batch, done }))
  }

  job(name: string, run: () => Promise<void>): Promise<void> {
    return this.#add((done) => ({ kind: 'job', name, run, done }))
  }

  /** A job, or up to `mostBatches` batches. */
  take(mostBatches: number): QueuedWrite[] {
    const first = this.#waiting.shift()
    if (first === undefined) return []
    const taken = [first]
    while (first.kind === 'batch' && taken.length < mostBatches && this.#waiting[0]?.kind === 'batch') taken.push(this.#waiting.shift() as QueuedWrite)
    return taken
  }

  /** What waits is not done any more. */
  close(): void {
    this.#isClosed = true
    for (const { done } of this.#waiting.splice(0)) done.reject(new StoreClosed('the store was closed first'))
  }

  #add(make: (done: Settle<void>) => QueuedWrite): Promise<void> {
    if (this.#isClosed) return Promise.reject(new StoreClosed('the store is closed'))
    return new Promise<void>((resolve, reject) => this.#waiting.push(make({ resolve, reject })))
  }
}
