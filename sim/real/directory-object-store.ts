/**
 * An object store in a local directory: for real hosts without S3, and for tests.
 *
 * Whole and durable when answered: objects are written beside, synced and renamed. Conditional writes hold between all processes of one machine (a lock a
 * key); reads take no lock. Not for a directory that several machines share. A list walks all keys: meant for thousands, not for millions.
 *
 * ETags are 160 bits of the content's SHA-256; of an upload, of its parts' ETags, with their number.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Misuse, ObjectStoreError } from '../host/errors.js'
import {
  type GetOptions,
  type ListOptions,
  leastPartBytes,
  mostOnAPage,
  type ObjectPage,
  type ObjectStore,
  type ObjectSummary,
  type RequestOptions,
  type StoredObject,
  type UploadedPart,
  type UploadPage,
  type UploadSummary,
  type WriteConditions,
} from '../host/object-store.js'
import {
  compareKeys,
  requireConditions,
  requireKey,
  requireListOptions,
  requireMet,
  requirePart,
  requireParts,
  requireRange,
  requireWanted,
  resolveRange,
} from '../objects/object-rules.js'
import { lockFile } from './file-lock.js'
import { makeFolder } from './make-folder.js'
import {
  entriesOf,
  etagOf,
  type ObjectHeader,
  objectPath,
  readHeader,
  readObject,
  storedKeys,
  syncDirectories,
  unlessMissing,
  writeObject,
} from './object-files.js'

const defaultTimeoutNanos = 5_000_000_000

export interface DirectoryObjectStoreOptions {
  /** Made when missing; nothing else belongs there. */
  readonly directory: string
  /** Of every part but the last; S3's 5 MiB when not given. */
  readonly leastPartBytes?: number
}

export class DirectoryObjectStore implements ObjectStore {
  readonly #objects: string
  readonly #uploads: string
  readonly #locks: string
  readonly #leastPartBytes: number
  readonly #ready: Promise<unknown>

  constructor(options: DirectoryObjectStoreOptions) {
    const { directory } = options
    this.#objects = join(directory, 'objects')
    this.#uploads = join(directory, 'uploads')
    this.#locks = join(directory, 'locks')
    this.#leastPartBytes = options.leastPartBytes ?? leastPartBytes
    this.#ready = Promise.all([this.#objects, this.#uploads, this.#locks].map(async (path) => makeFolder(path)))
    // Told to whoever asks first, not to nobody.
    this.#ready.catch(() => {})
  }

  put(key: string, body: Uint8Array, options: WriteConditions & RequestOptions = {}): Promise<{ etag: string }> {
    requireConditions(options)
    const copy = new Uint8Array(body)
    return this.#act('put', key, options, () =>
      this.#locked('put', key, options, async (path) => {
        requireMet(options, (await readHeader(path))?.etag ?? null, 'put', key)
        const etag = etagOf(copy)
        await writeObject(this.#objects, path, [copy], etag)
        return { etag }
      }),
    )
  }

  get(key: string, options: GetOptions = {}): Promise<StoredObject | null> {
    const { range } = options
    if (range !== undefined) requireRange(range)
    return this.#act('get', key, options, async () => {
      const found = await readObject(objectPath(this.#objects, key), ({ etag, size }) => {
        requireWanted(options, etag, key)
        return range === undefined ? { start: 0, end: size } : resolveRange(range, size, key)
      })
      return found === null ? null : { ...summaryOf(key, found.header), body: found.body }
    })
  }

  head(key: string, options: RequestOptions = {}): Promise<ObjectSummary | null> {
    return this.#act('head', key, options, async () => {
      const header = await readHeader(objectPath(this.#objects, key))
      return header === null ? null : summaryOf(key, header)
    })
  }

  list(prefix: string, options: ListOptions = {}): Promise<ObjectPage> {
    requireListOptions(prefix, options)
    const { limit = mostOnAPage, token = '', after = '' } = options
    return this.#act('list', null, options, async () => {
      const keys = (await storedKeys(this.#objects))
        .filter((key) => key.startsWith(prefix) && compareKeys(key, token) > 0 && compareKeys(key, after) > 0)
        .sort(compareKeys)
      const objects: ObjectSummary[] = []
      for (const key of keys) {
        if (objects.length === limit) return { objects, next: (objects[limit - 1] as ObjectSummary).key }
        const header = await readHeader(objectPath(this.#objects, key))
        // Null: deleted meanwhile.
        if (header !== null) objects.push(summaryOf(key, header))
      }
      return { objects, next: null }
    })
  }

  delete(key: string, options: { readonly ifMatch?: string } & RequestOptions = {}): Promise<void> {
    return this.#act('delete', key, options, () =>
      this.#locked('delete', key, options, async (path) => {
        if (options.ifMatch !== undefined) requireMet({ ifMatch: options.ifMatch }, (await readHeader(path))?.etag ?? null, 'delete', key)
        if ((await unlessMissing(unlink(path).then(() => true))) === true) await syncDirectories(this.#objects, path)
      }),
    )
  }

  createUpload(key: string, options: RequestOptions = {}): Promise<string> {
    return this.#act('create-upload', key, options, async () => {
      const upload = randomUUID()
      const directory = this.#uploadDirectory(upload)
      await mkdir(directory)
      const description: UploadSummary = { key, upload, startedMillis: Math.floor(Date.now() / 1000) * 1000 }
      await writeFile(join(directory, 'upload.new'), JSON.stringify(description), { flush: true })
      await rename(join(directory, 'upload.new'), join(directory, 'upload'))
      await syncDirectories(this.#uploads, join(directory, 'upload'))
      return upload
    })
  }

  uploadPart(key: string, upload: string, part: number, body: Uint8Array, options: RequestOptions = {}): Promise<UploadedPart> {
    requirePart(part)
    const copy = new Uint8Array(body)
    return this.#act('upload-part', key, options, async () => {
      await this.#requireUpload('upload-part', key, upload)
      const directory = this.#uploadDirectory(upload)
      const etag = etagOf(copy)
      if ((await unlessMissing(writeObject(directory, partPath(directory, part), [copy], etag).then(() => true))) === null)
        throw new ObjectStoreError('no-such-upload', 'upload-part', key, upload)
      return { part, etag }
    })
  }

  completeUpload(key: string, upload: string, parts: readonly UploadedPart[], options: WriteConditions & RequestOptions = {}): Promise<{ etag: string }> {
    requireParts(parts)
    requireConditions(options)
    return this.#act('complete-upload', key, options, () =>
      this.#locked('complete-upload', key, options, async (path) => {
        await this.#requireUpload('complete-upload', key, upload)
        const directory = this.#uploadDirectory(upload)
        const bodies: Uint8Array[] = []
        for (const { part, etag } of parts) {
          const stored = await readObject(partPath(directory, part), ({ size }) => ({ start: 0, end: size }))
          if (stored?.header.etag !== etag) throw new ObjectStoreError('invalid-part', 'complete-upload', key, `part ${part}`)
          bodies.push(stored.body)
        }
        const small = bodies.findIndex((body, index) => index < bodies.length - 1 && body.length < this.#leastPartBytes)
        if (small >= 0) throw new ObjectStoreError('part-too-small', 'complete-upload', key, `part ${parts[small]?.part} has ${bodies[small]?.length} bytes`)
        requireMet(options, (await readHeader(path))?.etag ?? null, 'complete-upload', key)
        const etag = `${etagOf(new TextEncoder().encode(parts.map((part) => part.etag).join()))}-${parts.length}`
        await writeObject(this.#objects, path, bodies, etag)
        await rm(directory, { recursive: true })
        return { etag }
      }),
    )
  }

  abortUpload(key: string, upload: string, options: RequestOptions = {}): Promise<void> {
    return this.#act('abort-upload', key, options, () =>
      this.#locked('abort-upload', key, options, async () => {
        await this.#requireUpload('abort-upload', key, upload)
        await rm(this.#uploadDirectory(upload), { recursive: true })
      }),
    )
  }

  listUploads(prefix: string, options: ListOptions = {}): Promise<UploadPage> {
    requireListOptions(prefix, options)
    const { limit = mostOnAPage, token, after } = options
    return this.#act('list-uploads', null, options, async () => {
      const uploads: UploadSummary[] = []
      for (const id of await entriesOf(this.#uploads)) {
        const upload = await this.#upload(id)
        if (upload?.key.startsWith(prefix)) uploads.push(upload)
      }
      const tokenOf = ({ key, upload }: UploadSummary) => `${key}\0${upload}`
      const rest = uploads
        .filter((each) => (token === undefined || compareKeys(tokenOf(each), token) > 0) && (after === undefined || compareKeys(each.key, after) > 0))
        .sort((a, b) => compareKeys(tokenOf(a), tokenOf(b)))
      const page = rest.slice(0, limit)
      return { uploads: page, next: rest.length > limit ? tokenOf(page[limit - 1] as UploadSummary) : null }
    })
  }

  /** Checks arguments at once; then the failures of the file system become those of a store. */
  #act<T>(operation: string, key: string | null, { signal }: RequestOptions, act: () => Promise<T>): Promise<T> {
    if (key !== null) requireKey(key)
    const run = async (): Promise<T> => {
      const about = key ?? ''
      if (signal?.aborted) throw new ObjectStoreError('aborted', operation, about)
      try {
        await this.#ready
        return await act()
      } catch (error) {
        if (error instanceof ObjectStoreError || error instanceof Misuse) throw error
        const { code, message } = error as NodeJS.ErrnoException
        throw new ObjectStoreError(code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'denied' : 'unavailable', operation, about, message)
      }
    }
    return run()
  }

  /** Only one write of a key at a time, whichever process asks. */
  async #locked<T>(operation: string, key: string, options: RequestOptions, act: (path: string) => Promise<T>): Promise<T> {
    const name = createHash('sha256').update(key).digest('hex').slice(0, 32)
    const release = await lockFile(join(this.#locks, name), (options.timeout ?? defaultTimeoutNanos) / 1e6)
    if (release === null) throw new ObjectStoreError('timeout', operation, key, 'other writes of it were under way')
    try {
      if (options.signal?.aborted) throw new ObjectStoreError('aborted', operation, key)
      return await act(objectPath(this.#objects, key))
    } finally {
      await release()
    }
  }

  async #requireUpload(operation: string, key: string, upload: string): Promise<void> {
    if ((await this.#upload(upload))?.key !== key) throw new ObjectStoreError('no-such-upload', operation, key, upload)
  }

  async #upload(id: string): Promise<UploadSummary | null> {
    if (!/^[0-9a-f-]{36}$/.test(id)) return null
    const text = await unlessMissing(readFile(join(this.#uploadDirectory(id), 'upload'), 'utf8'))
    return text === null ? null : (JSON.parse(text) as UploadSummary)
  }

  #uploadDirectory(id: string): string {
    return join(this.#uploads, id)
  }
}

function summaryOf(key: string, { size, etag, modifiedMillis }: ObjectHeader): ObjectSummary {
  return { key, size, etag, lastModifiedMillis: modifiedMillis }
}

function partPath(directory: string, part: number): string {
  return join(directory, `part-${String(part).padStart(5, '0')}`)
}
