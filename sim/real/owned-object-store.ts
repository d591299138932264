import type {
  GetOptions,
  ListOptions,
  ObjectPage,
  ObjectStore,
  ObjectSummary,
  RequestOptions,
  StoredObject,
  UploadedPart,
  UploadPage,
  WriteConditions,
} from '../host/object-store.js'

/** An object store as one process has it: when the process is dead it is told nothing any more. */
export class OwnedObjectStore implements ObjectStore {
  readonly #store: ObjectStore
  readonly #isDead: () => boolean

  constructor(store: ObjectStore, isDead: () => boolean) {
    this.#store = store
    this.#isDead = isDead
  }

  put(key: string, body: Uint8Array, options?: WriteConditions & RequestOptions): Promise<{ etag: string }> {
    return this.#answer((store) => store.put(key, body, options))
  }
  get(key: string, options?: GetOptions): Promise<StoredObject | null> {
    return this.#answer((store) => store.get(key, options))
  }
  head(key: string, options?: RequestOptions): Promise<ObjectSummary | null> {
    return this.#answer((store) => store.head(key, options))
  }
  list(prefix: string, options?: ListOptions): Promise<ObjectPage> {
    return this.#answer((store) => store.list(prefix, options))
  }
  delete(key: string, options?: { readonly ifMatch?: string } & RequestOptions): Promise<void> {
    return this.#answer((store) => store.delete(key, options))
  }
  createUpload(key: string, options?: RequestOptions): Promise<string> {
    return this.#answer((store) => store.createUpload(key, options))
  }
  uploadPart(key: string, upload: string, part: number, body: Uint8Array, options?: RequestOptions): Promise<UploadedPart> {
    return this.#answer((store) => store.uploadPart(key, upload, part, body, options))
  }
  completeUpload(key: string, upload: string, parts: readonly UploadedPart[], options?: WriteConditions & RequestOptions): Promise<{ etag: string }> {
    return this.#answer((store) => store.completeUpload(key, upload, parts, options))
  }
  abortUpload(key: string, upload: string, options?: RequestOptions): Promise<void> {
    return this.#answer((store) => store.abortUpload(key, upload, options))
  }
  listUploads(prefix: string, options?: ListOptions): Promise<UploadPage> {
    return this.#answer((store) => store.listUploads(prefix, options))
  }

  #answer<T>(ask: (store: ObjectStore) => Promise<T>): Promise<T> {
    if (this.#isDead()) return new Promise(() => {})
    const asked = ask(this.#store)
    return new Promise((resolve, reject) => {
      asked.then(
        (result) => {
          if (!this.#isDead()) resolve(result)
        },
        (error: unknown) => {
          if (!this.#isDead()) reject(error)
        },
      )
    })
  }
}
