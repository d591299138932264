/** Requests to an object store, sent again while they fail for now; conditional writes, whose lost answers are found out. */
import { ObjectStoreError } from '../../sim/host/errors.js'
import type { ByteRange } from '../../sim/host/object-store.js'
import type { Host } from '../../sim/host/seam.js'
import { equalBytes } from './bytes.js'
import { FailedRead, NotWritten } from './errors.js'
import type { CloudOptions } from './options.js'
import type { FileCounts } from './page-files.js'

/** What became of a write that must be the first under its key. `unknown`: it may be there, or come to be; `failed`: it is not and will not be. */
export type FirstPut = 'written' | 'taken' | 'unknown' | 'failed'

export interface Found {
  readonly body: Uint8Array
  readonly etag: string
}

export class ObjectRequests {
  readonly #host: Host
  readonly #options: CloudOptions
  readonly #counts: FileCounts

  constructor(host: Host, options: CloudOptions, counts: FileCounts) {
    this.#host = host
    this.#options = options
    this.#counts = counts
  }

  /** null: there is none. Rejects with `FailedRead`. */
  async get(key: string, range?: ByteRange): Promise<Found | null> {
    this.#counts.objectReads++
    return this.#reading(() => this.#host.objects.get(key, { timeout: this.#options.timeout, ...(range === undefined ? {} : { range }) }))
  }

  /** All keys with a prefix, in order: however many pages they come in. Rejects with `FailedRead`. */
  async list(prefix: string): Promise<string[]> {
    const keys: string[] = []
    let token: string | null = null
    do {
      const from: { token?: string } = token === null ? {} : { token }
      this.#counts.objectReads++
      const page = await this.#reading(() => this.#host.objects.list(prefix, { timeout: this.#options.timeout, limit: this.#options.listPage, ...from }))
      for (const { key } of page.objects) keys.push(key)
      token = page.next
    } while (token !== null)
    return keys
  }

  /** Rejects with `NotWritten` when it may still be there. */
  async delete(key: string): Promise<void> {
    await this.#again(
      () => this.#host.objects.delete(key, { timeout: this.#options.timeout }),
      (error) => new NotWritten(error.message),
    )
  }

  /** Writes an object unless there is one of that key. Under a key only the first is ever kept, so that an answer that was lost can be asked for. */
  async putFirst(key: string, body: Uint8Array): Promise<FirstPut> {
    let mayBeThere = false
    for (let attempt = 0; attempt < this.#options.attempts; attempt++) {
      if (attempt > 0) await this.#pause()
      try {
        this.#counts.objectWrites++
        await this.#host.objects.put(key, body, { ifNoneMatch: '*', timeout: this.#options.timeout })
        return 'written'
      } catch (error) {
        if (!(error instanceof ObjectStoreError)) throw error
        if (error.code === 'precondition-failed') return this.#whose(key, body, mayBeThere)
        if (error.isOutcomeUnknown) mayBeThere = true
      }
    }
    return mayBeThere ? 'unknown' : 'failed'
  }

  /** Puts `body` in place of what has this ETag, null: of nothing. False: something else is there. Rejects with `NotWritten` when nobody knows. */
  async swap(key: string, body: Uint8Array, etag: string | null): Promise<boolean> {
    for (let attempt = 0; attempt < this.#options.attempts; attempt++) {
      if (attempt > 0) await this.#pause()
      try {
        this.#counts.objectWrites++
        await this.#host.objects.put(key, body, { timeout: this.#options.timeout, ...(etag === null ? { ifNoneMatch: '*' } : { ifMatch: etag }) })
        return true
      } catch (error) {
        if (!(error instanceof ObjectStoreError)) throw error
        if (error.code === 'precondition-failed') return (await this.#whose(key, body, true)) === 'written'
      }
    }
    throw new NotWritten(`${key} could not be written: the object store does not answer`)
  }

  /** Somebody's is there: an earlier try of ours, if the bytes are the same. */
  async #whose(key: string, body: Uint8Array, mayBeOurs: boolean): Promise<FirstPut> {
    if (!mayBeOurs) return 'taken'
    try {
      const found = await this.get(key)
      if (found === null) return 'unknown'
      return equalBytes(found.body, body) ? 'written' : 'taken'
    } catch (error) {
      if (error instanceof FailedRead) return 'unknown'
      throw error
    }
  }

  #reading<T>(ask: () => Promise<T>): Promise<T> {
    return this.#again(ask, (error) => new FailedRead(error.message))
  }

  async #again<T>(ask: () => Promise<T>, failure: (error: ObjectStoreError) => Error): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask()
      } catch (error) {
        if (!(error instanceof ObjectStoreError)) throw error
        if (attempt >= this.#options.attempts || error.code === 'denied' || error.code === 'invalid-range') throw failure(error)
      }
      await this.#pause()
    }
  }

  #pause(): Promise<void> {
    return this.#host.clock.sleep(this.#options.pause)
  }
}
