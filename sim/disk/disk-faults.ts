import type { InjectionArgs } from '../faults/injection.js'
import type { Nanos } from '../host/seam.js'
import type { DiskOperation } from './disk-operation.js'
import type { FileInode } from './file-inode.js'

/** The faults that strike operations; what a power loss does is `PowerLossDice`. */
export type DiskFaultKind =
  | 'disk.sync-error'
  | 'disk.sync-lie'
  | 'disk.read-error'
  | 'disk.write-error'
  | 'disk.misdirect-read'
  | 'disk.misdirect-write'
  | 'disk.full'
  | 'disk.slow'

/** Decides what goes wrong. A disk without faults has none of these, and pays nothing. Outlives the processes of its host. */
export interface DiskFaults {
  /** The place of faults that a path is. */
  site(path: string): DiskSite
  /** Asked once an operation, when it is issued; every question counts as one ordinal of its (path, operation). Null: all goes well. */
  strike(site: DiskSite, operation: DiskOperation, now: Nanos, offset: number, length: number, request: StruckRequest): DiskStrike | null
}

export interface DiskSite {
  readonly path: string
}

/** What faults ask of an operation, when they have to know more. */
export interface StruckRequest {
  /** Null: it is one on names. */
  readonly file: FileInode | null
  /** A sync covers the changes up to this one. */
  readonly through: number
}

export interface DiskStrike {
  /** The latency is multiplied by this; 1: as usual. */
  readonly times: number
  /** And takes so much longer. */
  readonly plus: Nanos
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
  /** The answer is yes, and nothing is durable that was not. */
  | { readonly kind: 'disk.sync-lie'; readonly acted: (damages: readonly DiskDamage[]) => void }
  /** This sector of the file is answered with what another holds. */
  | { readonly kind: 'disk.misdirect-read'; readonly sector: number; readonly other: SectorPlace; readonly acted: (damages: readonly DiskDamage[]) => void }
  /** What the sync was to write to this sector goes to another. */
  | { readonly kind: 'disk.misdirect-write'; readonly sector: number; readonly other: SectorPlace; readonly acted: (damages: readonly DiskDamage[]) => void }

export interface SectorPlace {
  readonly path: string
  readonly sector: number
}

export interface DamagePlace {
  readonly path: string
  readonly offset: number
}

/** Bytes of a host's disk that are not what they should be. */
export interface DiskDamage extends DamagePlace {
  /** They were written again since, or are gone: no damage any more. */
  isHealed(): boolean
}

/** Learns of what faults had the chance to do, and did. */
export interface DiskFaultObserver {
  opportunity(kind: DiskFaultKind): void
  /** The dice said yes, and `allows` no. */
  heldBack(kind: DiskFaultKind): void
  /** `site`: `host:path operation`; `ordinal` counts the operations of that site from 0. With `args` it is complete: listed, it replays. */
  occurred(kind: DiskFaultKind, site: string, ordinal: number, args: InjectionArgs, damages: readonly DiskDamage[]): void
}
