/**
 * The object store, as a process sees it: whole objects under keys, as Amazon S3 keeps them. The same on a simulated store, over a directory and over S3.
 *
 * **Consistency.** Strong, as S3's is: whatever starts after a put, delete or completion was answered sees it, reads and lists alike; an object is replaced
 * whole. Two writes at once: one of them is last. Conditions make a compare-and-swap of a write.
 *
 * **Failures.** Every method rejects with an `ObjectStoreError`. After a `timeout`, `unavailable` or `aborted` a write may or may not have happened, or may
 * still happen: `isOutcomeUnknown` says so. All other codes say for certain that nothing was changed.
 *
 * Sizes and offsets are in bytes, timeouts in nanoseconds. A key is 1 to 1,024 bytes of well-formed UTF-8 without a zero byte; keys sort by those bytes.
 */
import type { Nanos } from './seam.js'

export interface ObjectStore {
  put(key: string, body: Uint8Array, options?: WriteConditions & RequestOptions): Promise<{ etag: string }>
  /** null: no such object. */
  get(key: string, options?: GetOptions): Promise<StoredObject | null>
  /** null: no such object. */
  head(key: string, options?: RequestOptions): Promise<ObjectSummary | null>
  /** Objects whose key starts with `prefix`, in order: a page of at most 1,000. */
  list(prefix: string, options?: ListOptions): Promise<ObjectPage>
  /** No error when there is no such object; with `ifMatch` that is `precondition-failed`. */
  delete(key: string, options?: { readonly ifMatch?: string } & RequestOptions): Promise<void>
  /** Parts kept for an upload that is neither completed nor aborted stay, and cost, for ever. Answers its id. */
  createUpload(key: string, options?: RequestOptions): Promise<string>
  /** `part` is from 1 to 10,000; sent again, it replaces what it was. All but the last are at least 5 MiB. */
  uploadPart(key: string, upload: string, part: number, body: Uint8Array, options?: RequestOptions): Promise<UploadedPart>
  /** The object is these parts, in ascending order; the upload is over. */
  completeUpload(key: string, upload: string, parts: readonly UploadedPart[], options?: WriteConditions & RequestOptions): Promise<{ etag: string }>
  /** The parts are gone; `no-such-upload` when it is over already. */
  abortUpload(key: string, upload: string, options?: RequestOptions): Promise<void>
  /** Uploads under way whose key starts with `prefix`, by key: a page of at most 1,000. */
  listUploads(prefix: string, options?: ListOptions): Promise<UploadPage>
}

export interface RequestOptions {
  /** 5 s when not given. */
  readonly timeout?: Nanos
  readonly signal?: AbortSignal
}

/** At most one of the two. A condition that does not hold is `precondition-failed`, and nothing is written. */
export interface WriteConditions {
  /** Only while the object has this ETag. */
  readonly ifMatch?: string
  /** Only while there is no such object. */
  readonly ifNoneMatch?: '*'
}

export interface GetOptions extends RequestOptions {
  /** `precondition-failed` unless the object has this ETag. */
  readonly ifMatch?: string
  /** `not-modified` while the object has this ETag. */
  readonly ifNoneMatch?: string
  readonly range?: ByteRange
}

/** Cut off at the object's end. One that starts at or beyond the end, or is empty, is `invalid-range`. */
export type ByteRange = { readonly from: number; readonly length?: number } | { readonly last: number }

/** `etag` is opaque, and changes when the content does. */
export interface ObjectSummary {
  readonly key: string
  /** Of the whole object. */
  readonly size: number
  readonly etag: string
  /** By the store's wall clock, which is not the caller's; in whole seconds. */
  readonly lastModifiedMillis: number
}
export interface StoredObject extends ObjectSummary {
  /** The bytes of the range, or all. */
  readonly body: Uint8Array
}

export interface ListOptions extends RequestOptions {
  /** From 1 to 1,000, which it is when not given. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly token?: string
  /** Only keys after this one. */
  readonly after?: string
}
export interface ObjectPage {
  readonly objects: readonly ObjectSummary[]
  /** The token of the page that follows; null: this is the last. */
  readonly next: string | null
}

export interface UploadedPart {
  readonly part: number
  readonly etag: string
}
export interface UploadSummary {
  readonly key: string
  readonly upload: string
  readonly startedMillis: number
}
export interface UploadPage {
  readonly uploads: readonly UploadSummary[]
  readonly next: string | null
}

/** S3's limits: keys and uploads on a page, parts of an upload, bytes of a key and of a part that is not the last. */
export const mostOnAPage = 1_000
export const mostParts = 10_000
export const mostKeyBytes = 1_024
export const leastPartBytes = 5 * 1024 * 1024
