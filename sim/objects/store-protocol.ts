import type { ObjectStoreErrorCode } from '../host/errors.js'
import type { ByteRange, ObjectPage, ObjectSummary, StoredObject, UploadedPart, UploadPage, WriteConditions } from '../host/object-store.js'
import type { HostName, Protocol } from '../host/seam.js'

/** The host that a simulated object store runs on: outside the system, and as reliable as the fault kinds `store.*` leave it. */
export const storeHost: HostName = 'object-store-1'

/** The operations of a store, by the names that fault sites use. Their order enters no hash. */
export const storeOperations = [
  'put',
  'get',
  'head',
  'list',
  'delete',
  'create-upload',
  'upload-part',
  'complete-upload',
  'abort-upload',
  'list-uploads',
] as const
export type StoreOperation = (typeof storeOperations)[number]

/** What the store answers; an answer that never comes is the network's affair, or a fault's. */
export type StoreAnswer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'error'; readonly code: ObjectStoreErrorCode; readonly detail: string }

interface About {
  readonly key: string
}
interface Writing extends About {
  readonly conditions: WriteConditions
}
interface OfUpload extends About {
  readonly upload: string
}
interface Listing {
  readonly prefix: string
  /** The page begins behind it. */
  readonly from: string
  readonly limit: number
}

export type StoreMethods = {
  put: { req: Writing & { readonly body: Uint8Array }; res: StoreAnswer<{ etag: string }> }
  get: { req: About & { readonly ifMatch?: string; readonly ifNoneMatch?: string; readonly range?: ByteRange }; res: StoreAnswer<StoredObject | null> }
  head: { req: About; res: StoreAnswer<ObjectSummary | null> }
  list: { req: Listing; res: StoreAnswer<ObjectPage> }
  delete: { req: Writing; res: StoreAnswer<null> }
  'create-upload': { req: About; res: StoreAnswer<string> }
  'upload-part': { req: OfUpload & { readonly part: number; readonly body: Uint8Array }; res: StoreAnswer<UploadedPart> }
  'complete-upload': { req: OfUpload & Writing & { readonly parts: readonly UploadedPart[] }; res: StoreAnswer<{ etag: string }> }
  'abort-upload': { req: OfUpload; res: StoreAnswer<null> }
  'list-uploads': { req: Listing; res: StoreAnswer<UploadPage> }
}

export const storeProtocol: Protocol<StoreMethods> = { name: 'object-store', transport: 'stream' }
