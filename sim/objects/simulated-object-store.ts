/** The object store as one life of a process sees it: requests over the simulated network to the host that keeps the objects. */
import { NetError, ObjectStoreError } from '../host/errors.js'
import {
  type GetOptions,
  type ListOptions,
  mostOnAPage,
  type ObjectPage,
  type ObjectStore,
  type ObjectSummary,
  type RequestOptions,
  type StoredObject,
  type UploadedPart,
  type UploadPage,
  type WriteConditions,
} from '../host/object-store.js'
import type { Net } from '../host/seam.js'
import { uploadsAfter } from './bucket.js'
import { compareKeys, requireConditions, requireKey, requireListOptions, requirePart, requireParts, requireRange } from './object-rules.js'
import { type StoreAnswer, type StoreMethods, storeHost, storeProtocol } from './store-protocol.js'

export class SimulatedObjectStore implements ObjectStore {
  readonly #net: Net

  constructor(net: Net) {
    this.#net = net
  }

  put(key: string, body: Uint8Array, options: WriteConditions & RequestOptions = {}): Promise<{ etag: string }> {
    requireKey(key)
    requireConditions(options)
    return this.#ask('put', key, { key, body, conditions: conditionsOf(options) }, options)
  }

  get(key: string, options: GetOptions = {}): Promise<StoredObject | null> {
    requireKey(key)
    const { ifMatch, ifNoneMatch, range } = options
    if (range !== undefined) requireRange(range)
    const request = {
      key,
      ...(ifMatch === undefined ? {} : { ifMatch }),
      ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
      // Frozen when it is sent: the caller's own stays as it is.
      ...(range === undefined ? {} : { range: { ...range } }),
    }
    return this.#ask('get', key, request, options)
  }

  head(key: string, options: RequestOptions = {}): Promise<ObjectSummary | null> {
    requireKey(key)
    return this.#ask('head', key, { key }, options)
  }

  list(prefix: string, options: ListOptions = {}): Promise<ObjectPage> {
    requireListOptions(prefix, options)
    const { limit = mostOnAPage, token = '', after = '' } = options
    return this.#ask('list', prefix, { prefix, from: later(token, after), limit }, options)
  }

  delete(key: string, options: { readonly ifMatch?: string } & RequestOptions = {}): Promise<void> {
    requireKey(key)
    return this.#ask('delete', key, { key, conditions: conditionsOf(options) }, options).then(nothing)
  }

  createUpload(key: string, options: RequestOptions = {}): Promise<string> {
    requireKey(key)
    return this.#ask('create-upload', key, { key }, options)
  }

  uploadPart(key: string, upload: string, part: number, body: Uint8Array, options: RequestOptions = {}): Promise<UploadedPart> {
    requireKey(key)
    requirePart(part)
    return this.#ask('upload-part', key, { key, upload, part, body }, options)
  }

  completeUpload(key: string, upload: string, parts: readonly UploadedPart[], options: WriteConditions & RequestOptions = {}): Promise<{ etag: string }> {
    requireKey(key)
    requireParts(parts)
    requireConditions(options)
    const named = parts.map(({ part, etag }) => ({ part, etag }))
    return this.#ask('complete-upload', key, { key, upload, parts: named, conditions: conditionsOf(options) }, options)
  }

  abortUpload(key: string, upload: string, options: RequestOptions = {}): Promise<void> {
    requireKey(key)
    return this.#ask('abort-upload', key, { key, upload }, options).then(nothing)
  }

  listUploads(prefix: string, options: ListOptions = {}): Promise<UploadPage> {
    requireListOptions(prefix, options)
    const { limit = mostOnAPage, token = '', after } = options
    return this.#ask('list-uploads', prefix, { prefix, from: later(token, after === undefined ? '' : uploadsAfter(after)), limit }, options)
  }

  async #ask<K extends keyof StoreMethods & string>(method: K, key: string, request: StoreMethods[K]['req'], options: RequestOptions): Promise<ValueOf<K>> {
    const { timeout, signal } = options
    let answer: StoreAnswer<ValueOf<K>>
    try {
      const call = { ...(timeout === undefined ? {} : { timeout }), ...(signal === undefined ? {} : { signal }) }
      answer = (await this.#net.call(storeProtocol, storeHost, method, request, call)) as StoreAnswer<ValueOf<K>>
    } catch (error) {
      // The store answers its refusals: a handler of it that threw is a defect, and shows as one.
      if (!(error instanceof NetError) || error.code === 'remote') throw error
      const code = error.code === 'timeout' || error.code === 'aborted' ? error.code : 'unavailable'
      throw new ObjectStoreError(code, method, key, error.message)
    }
    if (answer.kind === 'error') throw new ObjectStoreError(answer.code, method, key, answer.detail)
    return answer.value
  }
}

type ValueOf<K extends keyof StoreMethods> = StoreMethods[K]['res'] extends StoreAnswer<infer T> ? T : never

const nothing = (): void => {}

function conditionsOf({ ifMatch, ifNoneMatch }: WriteConditions): WriteConditions {
  return { ...(ifMatch === undefined ? {} : { ifMatch }), ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }) }
}

function later(a: string, b: string): string {
  return compareKeys(a, b) < 0 ? b : a
}
