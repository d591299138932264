/**
 * The object store as a process on a host of its own: requests reach it over the network, take their time, and happen at one moment between the request and
 * its answer. It keeps what it was given for the whole run; what goes wrong is the network's, or a fault of the kinds `store.*`.
 */
import { ObjectStoreError } from '../host/errors.js'
import type { Handlers, Host, HostName, Nanos } from '../host/seam.js'
import { deriveKey, dice, type Key } from '../kernel/mix.js'
import type { Bucket } from './bucket.js'
import { type StoreFaultInjector, siteOf } from './store-faults.js'
import { storeLatency } from './store-latency.js'
import { type StoreAnswer, type StoreMethods, type StoreOperation, storeProtocol } from './store-protocol.js'

/** The store behind the service. */
export interface ServedStore {
  readonly bucket: Bucket
  readonly faults: StoreFaultInjector
  /** Of the latencies; another one after a reseed. */
  readonly key: Key
}

export class ObjectStoreService {
  readonly #host: Host
  readonly #bucket: Bucket
  readonly #faults: StoreFaultInjector
  readonly #store: ServedStore

  constructor(host: Host, store: ServedStore) {
    this.#host = host
    this.#bucket = store.bucket
    this.#faults = store.faults
    this.#store = store
    host.net.serve(storeProtocol, this.#handlers())
  }

  #handlers(): Handlers<StoreMethods> {
    const bucket = this.#bucket
    const now = () => this.#host.clock.wallMillis()
    const isConditional = (request: StoreMethods['delete']['req']) => Object.keys(request.conditions).length > 0
    return {
      put: (request, from) =>
        this.#serve('put', from, request.body.length, isConditional(request), () => bucket.put(request.key, request.body, request.conditions, now())),
      get: async (request, from) => {
        const answer = await this.#serve('get', from, 0, false, () => bucket.get(request.key, request))
        // The body takes its time on the way out.
        if (answer.kind === 'ok' && answer.value !== null)
          await this.#host.clock.sleep(storeLatency('get', answer.value.body.length, 0) - storeLatency('get', 0, 0))
        return answer
      },
      head: ({ key }, from) => this.#serve('head', from, 0, false, () => bucket.head(key)),
      list: ({ prefix, from: start, limit }, from) => this.#serve('list', from, 0, false, () => bucket.list(prefix, start, limit)),
      delete: (request, from) =>
        this.#serve('delete', from, 0, isConditional(request), () => {
          bucket.delete(request.key, request.conditions.ifMatch)
          return null
        }),
      'create-upload': ({ key }, from) => this.#serve('create-upload', from, 0, false, () => bucket.createUpload(key, now())),
      'upload-part': ({ key, upload, part, body }, from) =>
        this.#serve('upload-part', from, body.length, false, () => bucket.uploadPart(key, upload, part, body)),
      'complete-upload': (request, from) =>
        this.#serve('complete-upload', from, 0, isConditional(request), () =>
          bucket.completeUpload(request.key, request.upload, request.parts, request.conditions, now()),
        ),
      'abort-upload': ({ key, upload }, from) =>
        this.#serve('abort-upload', from, 0, false, () => {
          bucket.abortUpload(key, upload)
          return null
        }),
      'list-uploads': ({ prefix, from: start, limit }, from) => this.#serve('list-uploads', from, 0, false, () => bucket.listUploads(prefix, start, limit)),
    }
  }

  async #serve<T>(operation: StoreOperation, from: HostName, bytes: number, isConditional: boolean, act: () => T): Promise<StoreAnswer<T>> {
    const ordinal = this.#faults.count(from, operation)
    const strike = this.#faults.strike(from, operation, ordinal, isConditional)
    const word = dice(deriveKey(this.#store.key, siteOf(from, operation)), ordinal)
    const delay: Nanos = storeLatency(operation, bytes, word) * (strike?.times ?? 1)
    const failure = strike?.failure ?? null
    const before = Math.floor(delay / 2)
    await this.#host.clock.sleep(before)
    const done = failure === null || failure.happens ? attempt(act) : null
    await this.#host.clock.sleep(delay - before)
    // What the store refused, it says so; what is lost is the good news.
    if (done !== null && (failure === null || done.kind === 'error')) return done
    failure?.acted()
    const code = failure?.code ?? null
    return code === null ? new Promise(() => {}) : { kind: 'error', code, detail: 'an internal error' }
  }
}

function attempt<T>(act: () => T): StoreAnswer<T> {
  try {
    return { kind: 'ok', value: act() }
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error
    return { kind: 'error', code: error.code, detail: error.detail }
  }
}
