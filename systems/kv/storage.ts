import type { ArchiveStore } from './archives.js'
import type { Manifest } from './manifest.js'
import type { ManifestState } from './manifest-state.js'
import type { PageFiles } from './page-files.js'

/** Where one partition is kept: on the host's disk, or in an object store with the disk as its cache. */
export interface PartitionStorage {
  readonly manifest: Manifest
  readonly archives: ArchiveStore
  /** Of this owner; 0 without a cloud tier. */
  readonly term: number
  /** Its files; `termOf` tells whose a file is. Called once the shape of the partition is known. */
  openFiles(shape: Pick<ManifestState, 'pageBytes' | 'filePages'>, termOf: (file: number) => number | undefined): PageFiles
  /** Whether every commit has data files of its own. */
  readonly isSealing: boolean
  /** Rejects with `ExpiredTerm` when another owner has the partition. To be asked while no commit is under way: the state is then the latest if it settles. */
  confirm(): Promise<void>
}
