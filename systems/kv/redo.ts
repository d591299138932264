import type { Changes } from './batch.js'

/** A commit as what was asked for, rather than as the pages that it leads to: with the state before it, it makes the same entries again. */
export interface ManifestRedo {
  readonly sequence: number
  /** The wall clock of the commit, in milliseconds. */
  readonly clockMillis: number
  readonly changes: Changes
}

/** Bytes that its record takes, about. */
export function redoBytes({ truncateFrom, operations }: Changes): number {
  let bytes = 64 + (truncateFrom?.length ?? 0)
  for (const operation of operations) bytes += operation.key.length + (operation.kind === 'put' ? operation.value.length : 0) + 4
  return bytes
}
