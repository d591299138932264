import { ownKey } from './batch.js'
import { StoreClosed } from './errors.js'
import type { Partition } from './partition.js'
import { type KvEntry, ownScan, readFloor, readKey, type ScanOptions, scanState } from './reads.js'
import { type Scanned, toldScan } from './told-scan.js'
import type { Version } from './version.js'

/** One state of a partition, kept for as long as somebody reads it: `release` it, or its pages are never free. */
export class Snapshot {
  readonly #partition: Partition
  readonly #version: Version
  readonly #nowMillis: number
  #isReleased = false

  constructor(partition: Partition, version: Version = partition.chain.current) {
    this.#partition = partition
    this.#version = version
    this.#nowMillis = partition.nowMillis()
    partition.chain.pin(version)
  }

  /** Commits up to this state. */
  get sequence(): number {
    return this.#version.sequence
  }

  /** null: there is no such key. */
  async read(key: Uint8Array): Promise<KvEntry | null> {
    const own = ownKey(key)
    this.#requireHeld()
    const entry = await this.#whileHeld(this.#inShard(async () => readKey(this.#partition.readable(this.#version), own, this.#nowMillis)))
    this.#partition.tell({ kind: 'read', ...this.#what, key: own.slice(), value: entry?.value ?? null })
    return entry
  }

  /** The entry with the largest key that is not above this one. */
  async floor(key: Uint8Array): Promise<KvEntry | null> {
    const own = ownKey(key)
    this.#requireHeld()
    return this.#whileHeld(this.#inShard(() => readFloor(this.#partition.readable(this.#version), own, this.#nowMillis)))
  }

  async *scan(given: ScanOptions = {}): AsyncGenerator<KvEntry> {
    const options = ownScan(given)
    this.#requireHeld()
    const inShard = <T>(look: () => Promise<T>) => this.#inShard(look)
    const entries = scanState(this.#partition.readable(this.#version), options, this.#nowMillis, inShard)
    try {
      for await (const entry of toldScan(this.#partition.options.journal, this.#what, options, entries)) {
        yield entry
        this.#requireHeld()
      }
    } catch (error) {
      this.#requireHeld()
      throw error
    }
  }

  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#partition.chain.release(this.#version)
  }

  get #what(): Scanned {
    return { partition: this.#partition.name, sequence: this.#version.sequence, nowMillis: this.#nowMillis }
  }

  #inShard<T>(work: () => Promise<T>): Promise<T> {
    return this.#partition.shard.run(work)
  }

  /** Pages of a snapshot that was released meanwhile may be gone: that is what went wrong then, whatever was found in their places. */
  async #whileHeld<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading
    } catch (error) {
      this.#requireHeld()
      throw error
    }
  }

  #requireHeld(): void {
    this.#partition.requireOpen()
    if (this.#isReleased) throw new StoreClosed('the snapshot is released')
  }
}
