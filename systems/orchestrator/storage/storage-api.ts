import type { HostName } from '../../../sim/host/seam.js'
import { protocol } from '../../../sim/run/scenario.js'

/** One life of a machine towards the storage: a later number ends all earlier ones. */
export interface Session {
  readonly machine: HostName
  readonly session: number
}

/** One instance of a guest, as a librbd client is one instance of QEMU: what locks are held by, and what a broken lock blocks. */
export interface StorageClient extends Session {
  /** Which start in the session it is, from 1. */
  readonly instance: number
}

export interface ImageLock {
  readonly client: StorageClient
  readonly generation: number
}

/** `closed`: the machine said itself that none of its guests runs any more, or went on to a later session. */
export type SessionState = 'open' | 'blocked' | 'closed' | 'unknown'

export type Opened =
  | { readonly kind: 'ok' }
  /** The client or its whole session is on the blocklist. */
  | { readonly kind: 'blocked' }
  /** A later generation was here already. */
  | { readonly kind: 'stale'; readonly generation: number }
  | { readonly kind: 'locked'; readonly by: ImageLock }

export type Accessed = { readonly kind: 'ok'; readonly value: number | null } | { readonly kind: 'blocked' } | { readonly kind: 'not-owner' }

/** Block storage after Ceph's RBD: images, an exclusive lock each, sessions that are watched, and a blocklist. All that it answers is durable. */
export type StorageApi = {
  openSession: { req: Session; res: { readonly kind: SessionState } }
  /** The machine's watch: while it is answered `open`, the machine may run guests. */
  keepAlive: { req: Session; res: { readonly kind: SessionState } }
  /** The machine has stopped all guests of the session and will start none in it. */
  closeSession: { req: Session; res: { readonly kind: SessionState } }
  sessionState: { req: Session; res: { readonly kind: SessionState } }
  /** Refuses the session from now on, for ever. */
  blocklist: { req: Session; res: { readonly kind: SessionState } }
  /** Takes the image's lock; makes the image when there is none. */
  open: { req: { readonly image: string; readonly client: StorageClient; readonly generation: number }; res: Opened }
  /** Blocks the client that holds the lock and takes the lock from it, if it is still `held` that holds it. */
  breakLock: {
    req: { readonly image: string; readonly held: ImageLock; readonly by: ImageLock }
    res: { readonly kind: 'broken' | 'held-by-another' | 'blocked' }
  }
  /** From its answer on nothing of this client, or of an earlier instance in its session, is accepted on the image. */
  release: { req: { readonly image: string; readonly client: StorageClient }; res: { readonly kind: 'released' } }
  write: {
    req: { readonly image: string; readonly client: StorageClient; readonly generation: number; readonly block: number; readonly value: number }
    res: Accessed
  }
  read: { req: { readonly image: string; readonly client: StorageClient; readonly generation: number; readonly block: number }; res: Accessed }
  images: { req: null; res: readonly string[] }
  remove: { req: { readonly image: string }; res: { readonly kind: 'removed' | 'locked' } }
}

export const storageApi = protocol<StorageApi>('vm-storage')

export const clientName = ({ machine, session, instance }: StorageClient): string => `${machine}/${session}/${instance}`
