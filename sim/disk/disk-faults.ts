import type { InjectionArgs } from '../faults/injection.js'
import type { Nanos } from '../host/seam.js'
import type { DiskOperation } from './disk-operation.js'

/** The faults that strike operations; what a power loss does is `PowerLossDice`. */
export type DiskFaultKind = 'disk.sync-error' | 'disk.read-error' | 'disk.write-error' | 'disk.full' | 'disk.slow'

/** Decides what goes wrong. A disk without faults has none of these, and pays nothing. Outlives the processes of its host. */
export interface DiskFaults {
  /** The place of faults that a path is. */
  site(path: string): DiskSite
  /** Asked once an operation, when it is issued; every question counts as one ordinal of its (path, operation). Null: all goes well. */
  strike(site: DiskSite, operation: DiskOperation, now: Nanos, offset: number, length: number): DiskStrike | null
}

export interface DiskSite {
  readonly path: string
}

export interface DiskStrike {
  /** The latency is multiplied by this; 1: as usual. */
  readonly times: number
  readonly failure: DiskFailure | null
}

export type DiskFailure =
  /** EIO; the pages that were to be synced are dropped. */
  | { readonly kind: 'disk.sync-error' }
  /** EIO; this sector of the file is bad from now on, until written again. */
  | { readonly kind: 'disk.read-error'; readonly sector: number }
  /** EIO; nothing is written. */
  | { readonly kind: 'disk.write-error' }
  /** ENOSPC after so many bytes. */
  | { readonly kind: 'disk.full'; readonly written: number }

/** Learns of what faults had the chance to do, and did. */
export interface DiskFaultObserver {
  opportunity(kind: DiskFaultKind): void
  /** `site`: `host:path operation`; `ordinal` counts the operations of that site from 0. With `args` it is complete: listed, it replays. */
  occurred(kind: DiskFaultKind, site: string, ordinal: number, args: InjectionArgs): void
}
