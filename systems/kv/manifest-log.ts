import { CorruptManifest } from './errors.js'
import { type ManifestRecord, readRecord, recordLength } from './manifest-record.js'
import { applyDeltas, type ManifestDelta, type ManifestState } from './manifest-state.js'
import type { ManifestRedo } from './redo.js'

/** What the bytes of a manifest say. */
export interface ReplayedManifest {
  /** That lies in files. */
  readonly state: ManifestState
  /** Commits after it. */
  readonly redo: readonly ManifestRedo[]
  /** The last commit. */
  readonly sequence: number
  /** Where the last whole record ends; what lies behind is the torn tail of a record that was never acknowledged. */
  readonly end: number
}

/**
 * Replays a whole state and the changes after it. A tail that is no whole record is cut; null: not even the first record is whole. A record that is not whole
 * though another one follows it was damaged later: that throws `CorruptManifest`.
 */
export function replayManifest(bytes: Uint8Array, file: string, owner: number): ReplayedManifest | null {
  const first = readRecord(bytes, 0, owner)
  if (first === null || first.record.kind !== 'whole') {
    requireNothingAfter(bytes, 0, file, owner)
    return null
  }
  const deltas: ManifestDelta[] = []
  let redo: ManifestRedo[] = []
  let at = first.end
  let { sequence } = first.record.state
  for (;;) {
    const next = readRecord(bytes, at, owner)
    if (next === null) break
    const { record } = next
    if (record.kind === 'whole' || sequenceOf(record) !== sequence + 1)
      throw new CorruptManifest(file, at, `expected the change to state ${sequence + 1}, found ${describe(record)}`)
    sequence++
    if (record.kind === 'redo') redo.push(record.redo)
    else {
      // Pages of all commits before are written with its own.
      redo = []
      deltas.push(record.delta)
    }
    at = next.end
  }
  requireNothingAfter(bytes, at, file, owner)
  return { state: applyDeltas(first.record.state, deltas), redo, sequence, end: at }
}

/** A record is written only once the one before it is durable: where a later one is whole, an earlier one was, too. */
function requireNothingAfter(bytes: Uint8Array, end: number, file: string, owner: number): void {
  for (let at = end + 1; at < bytes.length; at++) {
    if (recordLength(bytes, at) !== null && readRecord(bytes, at, owner) !== null)
      throw new CorruptManifest(file, end, `expected a whole record, found none, though a whole one follows at ${at}`)
  }
}

function describe(record: ManifestRecord): string {
  return record.kind === 'whole' ? 'a whole state' : `the change to state ${sequenceOf(record)}`
}

function sequenceOf(record: Exclude<ManifestRecord, { kind: 'whole' }>): number {
  return record.kind === 'redo' ? record.redo.sequence : record.delta.sequence
}
