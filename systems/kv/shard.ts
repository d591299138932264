import { StoreBusy, StoreClosed } from './errors.js'

type Task = () => Promise<void>

/**
 * A worker loop: so many tasks under way, others wait in their order. A shard with nothing to do takes the oldest task of the one where most wait; a
 * partition's writes are one task at a time wherever it runs.
 */
export class Shard {
  readonly #waiting: Task[] = []
  #running = 0
  #isClosed = false

  constructor(
    readonly group: ShardGroup,
    readonly concurrency: number,
    readonly queueLimit: number,
  ) {}

  get waiting(): number {
    return this.#waiting.length
  }

  get isIdle(): boolean {
    return this.#running === 0 && this.#waiting.length === 0
  }

  get hasRoom(): boolean {
    return this.#running < this.concurrency
  }

  /** Settles as the task does. Rejects with `StoreBusy` when too many wait, unless `isOwed`: work that somebody was promised already. */
  run<T>(work: () => Promise<T>, isOwed = false): Promise<T> {
    if (this.#isClosed && !isOwed) return Promise.reject(new StoreClosed('the store is closed'))
    const runner = this.hasRoom ? this : this.group.idle()
    if (runner === undefined && !isOwed && this.#waiting.length >= this.queueLimit)
      return Promise.reject(new StoreBusy(`${this.queueLimit} operations wait for the shard already`))
    return new Promise<T>((resolve, reject) => {
      const task = () => work().then(resolve, reject)
      if (runner === undefined) this.#waiting.push(task)
      else runner.#begin(task, runner !== this)
    })
  }

  close(): void {
    this.#isClosed = true
  }

  takeWaiting(): Task | undefined {
    return this.#waiting.shift()
  }

  #begin(task: Task, isStolen: boolean): void {
    this.#running++
    if (isStolen) this.group.stolen++
    void task().then(() => {
      this.#running--
      const own = this.takeWaiting()
      if (own !== undefined) return this.#begin(own, false)
      const other = this.group.busiest()?.takeWaiting()
      if (other !== undefined) this.#begin(other, true)
    })
  }
}

export class ShardGroup {
  readonly shards: readonly Shard[]
  /** Tasks that ran on another shard than that of their partition. */
  stolen = 0

  constructor(count: number, concurrency: number, queueLimit: number) {
    this.shards = Array.from({ length: count }, () => new Shard(this, concurrency, queueLimit))
  }

  /** Of a partition, by its name. */
  of(name: string): Shard {
    let hash = 0x811c_9dc5
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x0100_0193)
    return this.shards[(hash >>> 0) % this.shards.length] as Shard
  }

  idle(): Shard | undefined {
    return this.shards.find((shard) => shard.isIdle)
  }

  busiest(): Shard | undefined {
    let most: Shard | undefined
    for (const shard of this.shards) if (shard.waiting > (most?.waiting ?? 0)) most = shard
    return most
  }
}
