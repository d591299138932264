import type { Nanos } from '../host/seam.js'
import type { DiskOperation } from './disk-operation.js'

/** What a simulated disk needs of the incarnation that uses it. */
export interface DiskHost {
  readonly now: Nanos
  /** Counts as an effect of the current step. False: the process is dead from here on, so nothing happens and the promise never settles. */
  effect(): boolean
  /** Calls `completion.complete()` as a step of this incarnation after `delay`; never if the incarnation dies before. Equal times keep their order. */
  later(delay: Nanos, completion: DiskCompletion): void
  /** Folds a 32-bit word into the trace hash. */
  fold(word: number): void
}

/** The end of an operation: takes effect and settles its promise. `operation` and `path` name it in the trace: `sync wal/1`. */
export interface DiskCompletion {
  readonly operation: DiskOperation
  readonly path: string
  complete(): void
}
