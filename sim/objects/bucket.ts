/**
 * What an object store holds: objects and uploads under way. Pure and synchronous; each method is one atomic change, as S3's are.
 *
 * The ETag of an object is a digest of its content, that of one made of parts a digest of theirs and their number: equal content, equal ETag.
 */
import { digest } from '../disk/digest.js'
import { ObjectStoreError } from '../host/errors.js'
import {
  type ByteRange,
  leastPartBytes,
  type ObjectPage,
  type ObjectSummary,
  type StoredObject,
  type UploadedPart,
  type UploadPage,
  type UploadSummary,
  type WriteConditions,
} from '../host/object-store.js'
import { compareKeys, requireMet, requireWanted, resolveRange } from './object-rules.js'

export interface BucketOptions {
  /** Of every part but the last; S3's 5 MiB when not given. */
  readonly leastPartBytes?: number
}

export class Bucket {
  readonly #objects = new Map<string, StoredObject>()
  /** In order. */
  readonly #keys: string[] = []
  readonly #uploads = new Map<string, Upload>()
  readonly #leastPartBytes: number
  #begun = 0

  constructor(options: BucketOptions = {}) {
    this.#leastPartBytes = options.leastPartBytes ?? leastPartBytes
  }

  put(key: string, body: Uint8Array, conditions: WriteConditions, nowMillis: number): { etag: string } {
    requireMet(conditions, this.#etag(key), 'put', key)
    return this.#store(key, body, etagOf(body), nowMillis)
  }

  get(key: string, options: { readonly ifMatch?: string; readonly ifNoneMatch?: string; readonly range?: ByteRange }): StoredObject | null {
    const object = this.#objects.get(key)
    if (object === undefined) return null
    requireWanted(options, object.etag, key)
    if (options.range === undefined) return object
    const { start, end } = resolveRange(options.range, object.size, key)
    return { ...object, body: object.body.subarray(start, end) }
  }

  head(key: string): ObjectSummary | null {
    const object = this.#objects.get(key)
    return object === undefined ? null : summaryOf(object)
  }

  /** Keys after `from`, which is `''` or any key. */
  list(prefix: string, from: string, limit: number): ObjectPage {
    const keys = this.#keys
    const objects: ObjectSummary[] = []
    // Keys with one prefix lie side by side.
    for (let at = compareKeys(from, prefix) < 0 ? this.#position(prefix) : this.#positionAfter(from); at < keys.length; at++) {
      const key = keys[at] as string
      if (!key.startsWith(prefix)) break
      if (objects.length === limit) return { objects, next: (objects[limit - 1] as ObjectSummary).key }
      objects.push(summaryOf(this.#objects.get(key) as StoredObject))
    }
    return { objects, next: null }
  }

  delete(key: string, ifMatch: string | undefined): void {
    if (ifMatch !== undefined) requireMet({ ifMatch }, this.#etag(key), 'delete', key)
    if (this.#objects.delete(key)) this.#keys.splice(this.#position(key), 1)
  }

  createUpload(key: string, nowMillis: number): string {
    const id = `upload-${++this.#begun}`
    this.#uploads.set(id, { key, upload: id, startedMillis: nowMillis, parts: new Map() })
    return id
  }

  uploadPart(key: string, id: string, part: number, body: Uint8Array): UploadedPart {
    const etag = etagOf(body)
    this.#upload('upload-part', key, id).parts.set(part, { etag, body })
    return { part, etag }
  }

  completeUpload(key: string, id: string, parts: readonly UploadedPart[], conditions: WriteConditions, nowMillis: number): { etag: string } {
    const upload = this.#upload('complete-upload', key, id)
    const bodies = parts.map(({ part, etag }) => {
      const stored = upload.parts.get(part)
      if (stored?.etag !== etag) throw new ObjectStoreError('invalid-part', 'complete-upload', key, `part ${part}`)
      return stored.body
    })
    const small = bodies.findIndex((body, index) => index < bodies.length - 1 && body.length < this.#leastPartBytes)
    if (small >= 0) throw new ObjectStoreError('part-too-small', 'complete-upload', key, `part ${parts[small]?.part} has ${bodies[small]?.length} bytes`)
    requireMet(conditions, this.#etag(key), 'complete-upload', key)
    this.#uploads.delete(id)
    return this.#store(key, joined(bodies), `${etagOf(new TextEncoder().encode(parts.map(({ etag }) => etag).join()))}-${parts.length}`, nowMillis)
  }

  abortUpload(key: string, id: string): void {
    this.#upload('abort-upload', key, id)
    this.#uploads.delete(id)
  }

  /** `from`: `''`, the `next` of a page, or `uploadsAfter(key)`. */
  listUploads(prefix: string, from: string, limit: number): UploadPage {
    const found = [...this.#uploads.values()]
      .filter(({ key, upload }) => key.startsWith(prefix) && compareKeys(uploadToken({ key, upload }), from) > 0)
      .sort((a, b) => compareKeys(uploadToken(a), uploadToken(b)))
    const uploads = found.slice(0, limit).map(({ key, upload, startedMillis }): UploadSummary => ({ key, upload, startedMillis }))
    const last = uploads[uploads.length - 1]
    return { uploads, next: found.length > limit && last !== undefined ? uploadToken(last) : null }
  }

  #etag(key: string): string | null {
    return this.#objects.get(key)?.etag ?? null
  }

  #store(key: string, body: Uint8Array, etag: string, nowMillis: number): { etag: string } {
    if (!this.#objects.has(key)) this.#keys.splice(this.#position(key), 0, key)
    this.#objects.set(key, { key, size: body.length, etag, lastModifiedMillis: Math.floor(nowMillis / 1000) * 1000, body })
    return { etag }
  }

  #upload(operation: string, key: string, id: string): Upload {
    const upload = this.#uploads.get(id)
    if (upload === undefined || upload.key !== key) throw new ObjectStoreError('no-such-upload', operation, key, id)
    return upload
  }

  /** Of the first key that is not before this one. */
  #position(key: string): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareKeys(this.#keys[middle] as string, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #positionAfter(key: string): number {
    const at = this.#position(key)
    return this.#keys[at] === key ? at + 1 : at
  }
}

interface Upload extends UploadSummary {
  readonly parts: Map<number, { readonly etag: string; readonly body: Uint8Array }>
}

/** Where the uploads of later keys begin. */
export function uploadsAfter(key: string): string {
  return `${key}\u0001`
}

/** Sorts as (key, id) does: no key holds a zero byte. */
function uploadToken({ key, upload }: { readonly key: string; readonly upload: string }): string {
  return `${key}\0${upload}`
}

function summaryOf({ key, size, etag, lastModifiedMillis }: StoredObject): ObjectSummary {
  return { key, size, etag, lastModifiedMillis }
}

function etagOf(body: Uint8Array): string {
  const word = (seed: number) => (digest(seed, body) >>> 0).toString(16).padStart(8, '0')
  return word(0x0b7ec7) + word(0x5708e)
}

function joined(bodies: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(bodies.reduce((size, body) => size + body.length, 0))
  let at = 0
  for (const body of bodies) {
    whole.set(body, at)
    at += body.length
  }
  return whole
}
