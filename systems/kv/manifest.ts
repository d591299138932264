import type { ManifestDelta, ManifestState } from './manifest-state.js'
import type { ManifestRedo } from './redo.js'

/** A state that lies in files, and the commits that were logged after it, in their order. */
export interface KeptStates {
  readonly state: ManifestState
  readonly redo: readonly ManifestRedo[]
}

/** Where the states of a partition are kept. */
export interface Manifest {
  /** What is kept, or null when nothing is yet. Rejects with `CorruptManifest` or `FailedRead`. */
  load(): Promise<KeptStates | null>
  /**
   * Durable once it settles. Rejects with `NotWritten`, `OutOfSpace` or `ExpiredTerm` when it certainly is not and will not be, with `UnknownOutcome` when nobody
   * knows: then nothing but `rewrite` may follow.
   */
  append(delta: ManifestDelta): Promise<void>
  /** The same of a commit whose pages are not written yet. Undefined: not here, where records are few and far between. */
  log?(redo: ManifestRedo): Promise<void>
  /** Puts a whole state in place of all that is kept, but for the commits that were logged after it; what was in doubt is over once it settles. May be tried again when it rejects. */
  rewrite(state: ManifestState): Promise<void>
  /** Whether it is long enough to be written anew. */
  readonly isLong: boolean
  close(): void
}
