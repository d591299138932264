/**
 * An object store in a bucket of Amazon S3, or of a service that speaks its protocol, by the AWS SDK (`@aws-sdk/client-s3`, an optional peer).
 *
 * Every call is one attempt, without the SDK's retries: a conditional write that is sent again after its answer was lost would be refused because of itself.
 * A caller that is told `slow-down` or `unavailable` decides, as it does in a simulation. ETags keep their quotation marks: they are opaque.
 */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { ObjectStoreError, type ObjectStoreErrorCode } from '../host/errors.js'
import {
  type ByteRange,
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
import { requireConditions, requireKey, requireListOptions, requirePart, requireParts, requireRange } from '../objects/object-rules.js'

const defaultTimeoutNanos = 5_000_000_000

export interface S3ObjectStoreOptions {
  readonly bucket: string
  /** Region, credentials, endpoint: what `S3Client` takes. The number of attempts is one, whatever it says. */
  readonly client?: S3ClientConfig
}

export class S3ObjectStore implements ObjectStore {
  readonly #bucket: string
  readonly #client: S3Client

  constructor({ bucket, client = {} }: S3ObjectStoreOptions) {
    this.#bucket = bucket
    this.#client = new S3Client({ ...client, maxAttempts: 1 })
  }

  /** Closes its connections. */
  close(): void {
    this.#client.destroy()
  }

  put(key: string, body: Uint8Array, options: WriteConditions & RequestOptions = {}): Promise<{ etag: string }> {
    requireConditions(options)
    const copy = new Uint8Array(body)
    return this.#ask('put', key, options, async (Key, request) => {
      const { ETag } = await this.#client.send(new PutObjectCommand({ Bucket: this.#bucket, Key, Body: copy, ...conditionsOf(options) }), request)
      return { etag: told('put', key, 'ETag', ETag) }
    })
  }

  get(key: string, options: GetOptions = {}): Promise<StoredObject | null> {
    const { range, ifMatch, ifNoneMatch } = options
    if (range !== undefined) requireRange(range)
    return this.#ask('get', key, options, async (Key, request) => {
      const about = { Bucket: this.#bucket, Key }
      const header = range === undefined ? null : rangeHeader(range)
      if (header === '') {
        await this.#client.send(new HeadObjectCommand(about), request)
        throw new ObjectStoreError('invalid-range', 'get', key, 'it is empty')
      }
      const wanted = { IfMatch: ifMatch, IfNoneMatch: ifNoneMatch, ...(header === null ? {} : { Range: header }) }
      const answer = await this.#client.send(new GetObjectCommand({ ...about, ...wanted }), request)
      const body = (await answer.Body?.transformToByteArray()) ?? new Uint8Array(0)
      return { ...summaryOf('get', key, { ...answer, Size: wholeSize(answer, body) }), body }
    })
  }

  head(key: string, options: RequestOptions = {}): Promise<ObjectSummary | null> {
    return this.#ask('head', key, options, async (Key, request) => {
      const answer = await this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key }), request)
      return summaryOf('head', key, { ...answer, Size: answer.ContentLength })
    })
  }

  list(prefix: string, options: ListOptions = {}): Promise<ObjectPage> {
    requireListOptions(prefix, options)
    const { limit = mostOnAPage, token, after } = options
    return this.#send('list', prefix, options, async (request) => {
      const answer = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: prefix,
          MaxKeys: limit,
          ContinuationToken: token,
          StartAfter: after,
          // XML cannot carry every key as it is.
          EncodingType: 'url',
        }),
        request,
      )
      const objects = (answer.Contents ?? []).map((each) => summaryOf('list', decoded(told('list', prefix, 'Key', each.Key)), each))
      return { objects, next: answer.IsTruncated === true ? told('list', prefix, 'NextContinuationToken', answer.NextContinuationToken) : null }
    })
  }

  delete(key: string, options: { readonly ifMatch?: string } & RequestOptions = {}): Promise<void> {
    return this.#ask('delete', key, options, async (Key, request) => {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key, IfMatch: options.ifMatch }), request)
    })
  }

  createUpload(key: string, options: RequestOptions = {}): Promise<string> {
    return this.#ask('create-upload', key, options, async (Key, request) => {
      const { UploadId } = await this.#client.send(new CreateMultipartUploadCommand({ Bucket: this.#bucket, Key }), request)
      return told('create-upload', key, 'UploadId', UploadId)
    })
  }

  uploadPart(key: string, upload: string, part: number, body: Uint8Array, options: RequestOptions = {}): Promise<UploadedPart> {
    requirePart(part)
    const copy = new Uint8Array(body)
    return this.#ask('upload-part', key, options, async (Key, request) => {
      const command = new UploadPartCommand({ Bucket: this.#bucket, Key, UploadId: upload, PartNumber: part, Body: copy })
      const { ETag } = await this.#client.send(command, request)
      return { part, etag: told('upload-part', key, 'ETag', ETag) }
    })
  }

  completeUpload(key: string, upload: string, parts: readonly UploadedPart[], options: WriteConditions & RequestOptions = {}): Promise<{ etag: string }> {
    requireParts(parts)
    requireConditions(options)
    const Parts = parts.map(({ part, etag }) => ({ PartNumber: part, ETag: etag }))
    return this.#ask('complete-upload', key, options, async (Key, request) => {
      const command = new CompleteMultipartUploadCommand({ Bucket: this.#bucket, Key, UploadId: upload, MultipartUpload: { Parts }, ...conditionsOf(options) })
      const { ETag } = await this.#client.send(command, request)
      return { etag: told('complete-upload', key, 'ETag', ETag) }
    })
  }

  abortUpload(key: string, upload: string, options: RequestOptions = {}): Promise<void> {
    return this.#ask('abort-upload', key, options, async (Key, request) => {
      await this.#client.send(new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key, UploadId: upload }), request)
    })
  }

  listUploads(prefix: string, options: ListOptions = {}): Promise<UploadPage> {
    requireListOptions(prefix, options)
    const { limit = mostOnAPage, token, after } = options
    const [keyMarker, uploadMarker] = token === undefined ? [after, undefined] : (JSON.parse(token) as [string, string])
    return this.#send('list-uploads', prefix, options, async (request) => {
      const answer = await this.#client.send(
        new ListMultipartUploadsCommand({
          Bucket: this.#bucket,
          Prefix: prefix,
          MaxUploads: limit,
          KeyMarker: keyMarker,
          UploadIdMarker: uploadMarker,
          EncodingType: 'url',
        }),
        request,
      )
      const uploads = (answer.Uploads ?? []).map(({ Key, UploadId, Initiated }) => ({
        key: decoded(told('list-uploads', prefix, 'Key', Key)),
        upload: told('list-uploads', prefix, 'UploadId', UploadId),
        startedMillis: Initiated?.getTime() ?? 0,
      }))
      const { IsTruncated, NextKeyMarker = '', NextUploadIdMarker = '' } = answer
      return { uploads, next: IsTruncated === true ? JSON.stringify([decoded(NextKeyMarker), NextUploadIdMarker]) : null }
    })
  }

  #ask<T>(operation: string, key: string, options: RequestOptions & { readonly ifMatch?: string }, act: (key: string, request: Sending) => Promise<T>) {
    requireKey(key)
    const missing = (error: ObjectStoreError | Missing) => {
      if (!(error instanceof Missing)) throw error
      // Of a write, what is missing is the object that a condition names.
      if (options.ifMatch !== undefined && operation !== 'get') throw new ObjectStoreError('precondition-failed', operation, key, 'there is no such object')
      return null as T
    }
    return this.#send(operation, key, options, (request) => act(key, request)).catch(missing)
  }

  /** One attempt, for as long as it may take. Rejects with an `ObjectStoreError`, or with `Missing`. */
  async #send<T>(
    operation: string,
    about: string,
    { timeout = defaultTimeoutNanos, signal }: RequestOptions,
    act: (request: Sending) => Promise<T>,
  ): Promise<T> {
    if (signal?.aborted) throw new ObjectStoreError('aborted', operation, about)
    const controller = new AbortController()
    let gaveUp: ObjectStoreErrorCode | null = null
    const giveUp = (code: ObjectStoreErrorCode) => {
      gaveUp ??= code
      controller.abort()
    }
    const timer = setTimeout(() => giveUp('timeout'), timeout / 1e6)
    const aborted = () => giveUp('aborted')
    signal?.addEventListener('abort', aborted, { once: true })
    try {
      return await act({ abortSignal: controller.signal })
    } catch (error) {
      if (gaveUp !== null) throw new ObjectStoreError(gaveUp, operation, about)
      throw failureOf(error, operation, about)
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
    }
  }
}

interface Sending {
  readonly abortSignal: AbortSignal
}

/** There is no such object. */
class Missing extends Error {}

function failureOf(error: unknown, operation: string, about: string): ObjectStoreError | Missing {
  if (error instanceof ObjectStoreError) return error
  const { name, message, $metadata } = error as { name: string; message: string; $metadata?: { httpStatusCode?: number } }
  if (name === 'NoSuchKey' || name === 'NotFound') return new Missing(about)
  const code = codesByName[name] ?? codesByStatus[$metadata?.httpStatusCode ?? 0] ?? 'unavailable'
  return new ObjectStoreError(code, operation, about, `${name}: ${message}`)
}

const codesByName: Readonly<Record<string, ObjectStoreErrorCode>> = {
  NoSuchUpload: 'no-such-upload',
  InvalidPart: 'invalid-part',
  EntityTooSmall: 'part-too-small',
  NoSuchBucket: 'denied',
}
const codesByStatus: Readonly<Record<number, ObjectStoreErrorCode>> = {
  304: 'not-modified',
  401: 'denied',
  403: 'denied',
  409: 'conflict',
  412: 'precondition-failed',
  416: 'invalid-range',
  429: 'slow-down',
  503: 'slow-down',
}

/** Empty: no byte at all, which HTTP cannot say. */
function rangeHeader(range: ByteRange): string {
  if ('last' in range) return range.last === 0 ? '' : `bytes=-${range.last}`
  if (range.length === undefined) return `bytes=${range.from}-`
  return range.length === 0 ? '' : `bytes=${range.from}-${range.from + range.length - 1}`
}

/** `bytes 3-5/10`: ten. */
function wholeSize({ ContentRange, ContentLength }: GetObjectCommandOutput, body: Uint8Array): number {
  const total = ContentRange?.split('/')[1]
  return total === undefined ? (ContentLength ?? body.length) : Number(total)
}

function summaryOf(operation: string, key: string, { ETag, Size, LastModified }: { ETag?: string; Size?: number; LastModified?: Date }): ObjectSummary {
  return { key, size: Size ?? 0, etag: told(operation, key, 'ETag', ETag), lastModifiedMillis: LastModified?.getTime() ?? 0 }
}

function conditionsOf({ ifMatch, ifNoneMatch }: WriteConditions): { IfMatch?: string; IfNoneMatch?: string } {
  return { ...(ifMatch === undefined ? {} : { IfMatch: ifMatch }), ...(ifNoneMatch === undefined ? {} : { IfNoneMatch: ifNoneMatch }) }
}

/** Every service that speaks the protocol tells it. */
function told(operation: string, about: string, what: string, value: string | undefined): string {
  if (value === undefined) throw new ObjectStoreError('unavailable', operation, about, `the answer has no ${what}`)
  return value
}

function decoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}
