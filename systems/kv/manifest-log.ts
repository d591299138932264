import { CorruptManifest } from './errors.js'
import { describeDamage, type ManifestRecord, readRecord, recordLength } from './manifest-record.js'
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
  if (first?.record.kind === 'unknown') throw new CorruptManifest(file, 0, ...unknown)
  if (first === null || first.record.kind !== 'whole') {
    requireNothingAfter(bytes, 0, file, owner, -1)
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
    if (record.kind === 'unknown') throw new CorruptManifest(file, at, ...unknown)
    if (record.kind === 'whole' || sequenceOf(record) !== sequence + 1)
      throw new CorruptManifest(file, at, `the change to state ${sequence + 1}`, describe(record))
    sequence++
    if (record.kind === 'redo') redo.push(record.redo)
    else {
      // Pages of all commits before are written with its own.
      redo = []
      deltas.push(record.delta)
    }
    at = next.end
  }
  requireNothingAfter(bytes, at, file, owner, sequence)
  return { state: applyDeltas(first.record.state, deltas), redo, sequence, end: at }
}

/**
 * A record is written only once the one before it is durable: where a later one is whole, an earlier one was, too. What is not later than the next may be a copy
 * that lies in a value, since records hold values as they are.
 */
function requireNothingAfter(bytes: Uint8Array, end: number, file: string, owner: number, sequence: number): void {
  for (let at = end + 1; at < bytes.length; at++) {
    if (recordLength(bytes, at) === null) continue
    const found = readRecord(bytes, at, owner)?.record
    if (found === undefined || found.kind === 'whole' || found.kind === 'unknown' || sequenceOf(found) <= sequence + 1) continue
    const damage = describeDamage(bytes, end, owner)
    throw CorruptManifest.of(file, end, { ...damage, found: `${damage.found}, though a whole record follows at ${at}` })
  }
}

const unknown = ['a record of a version that is known here', 'one of another: a later version wrote it'] as const

function describe(record: Exclude<ManifestRecord, { kind: 'unknown' }>): string {
  return record.kind === 'whole' ? 'a whole state' : `the change to state ${sequenceOf(record)}`
}

function sequenceOf(record: Exclude<ManifestRecord, { kind: 'whole' | 'unknown' }>): number {
  return record.kind === 'redo' ? record.redo.sequence : record.delta.sequence
}
