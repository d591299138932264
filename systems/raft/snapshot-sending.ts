import { configurationAt, written } from './membership.js'
import { type Position, type RaftInput, type SnapshotChunkResponse, samePosition } from './messages.js'
import { becomeProbe, becomeSnapshot, type Progress } from './progress.js'
import { emit, type StepContext, send } from './state.js'

/** Heartbeat answers without progress after which a chunk is sent again. */
const PATIENCE_HEARTBEATS = 2

/** Leader: what the follower lacks is compacted away; the process has to supply the bytes of a snapshot, chunk by chunk. */
export function beginSnapshot(context: StepContext, progress: Progress): void {
  becomeSnapshot(progress)
  wantChunk(context, progress)
}

/** Leader: what follows here has to stay in the log, so that followers can go on from the snapshots that are on their way to them; infinite: nothing has to. */
export function keptForSnapshots({ state, options }: StepContext, last: number): number {
  let index = Number.POSITIVE_INFINITY
  for (const progress of state.progress) {
    if (progress?.mode !== 'snapshot' || progress.snapshot === null) continue
    const { snapshot } = progress
    if (snapshot.index < index && last - snapshot.index <= options.maxEntriesForSnapshots) index = snapshot.index
  }
  return index
}

function wantChunk(context: StepContext, progress: Progress): void {
  progress.snapshotIdle = 0
  emit(context, {
    kind: 'chunk-wanted',
    to: progress.member,
    snapshot: progress.snapshot,
    atLeast: Math.max(context.state.log.base.index, progress.lacks),
    offset: progress.snapshotOffset,
  })
}

/** The process supplied a chunk; one that is not wanted any more is dropped. */
export function onChunk(context: StepContext, progress: Progress | undefined, chunk: RaftInput & { kind: 'chunk' }): void {
  if (progress?.mode !== 'snapshot') return
  if (progress.snapshot === null || !samePosition(progress.snapshot, chunk.snapshot)) {
    if (chunk.offset !== 0 || (progress.snapshot !== null && chunk.snapshot.index < progress.snapshot.index)) return
    progress.snapshot = chunk.snapshot
    progress.snapshotTotal = chunk.total
    progress.snapshotOffset = 0
  }
  if (chunk.offset === progress.snapshotOffset) sendChunk(context, progress, chunk.snapshot, chunk.bytes)
}

function sendChunk(context: StepContext, progress: Progress, snapshot: Position, bytes: Uint8Array): void {
  send(context, progress.member, {
    kind: 'snapshot-chunk-request',
    term: context.state.term,
    snapshot,
    offset: progress.snapshotOffset,
    total: progress.snapshotTotal,
    bytes,
    configuration: written(configurationAt(context.state, snapshot.index)),
    ...(progress.since > 0 ? { round: context.state.reads.round } : {}),
  })
}

export function onChunkUnavailable(context: StepContext, progress: Progress | undefined): void {
  if (progress?.mode !== 'snapshot') return
  becomeProbe(progress, Math.max(progress.matched, context.state.log.base.index) + 1)
  // Until the next heartbeat is answered.
  progress.awaiting = true
}

export function onChunkResponse(context: StepContext, progress: Progress | undefined, response: SnapshotChunkResponse): void {
  if (progress?.mode !== 'snapshot' || progress.snapshot === null || !samePosition(progress.snapshot, response.snapshot)) return
  progress.active = true
  if (response.received === progress.snapshotOffset) return
  progress.snapshotOffset = response.received
  if (response.received < progress.snapshotTotal) wantChunk(context, progress)
  else progress.snapshotIdle = 0
}

/** A heartbeat was answered and the transfer has not moved: its chunk, or the follower's word that the snapshot is installed, may be lost. */
export function nudgeSnapshot(context: StepContext, progress: Progress): void {
  progress.snapshotIdle++
  if (progress.snapshotIdle < PATIENCE_HEARTBEATS) return
  if (progress.snapshot !== null && progress.snapshotOffset === progress.snapshotTotal) {
    progress.snapshotIdle = 0
    sendChunk(context, progress, progress.snapshot, new Uint8Array(0))
  } else {
    wantChunk(context, progress)
  }
}
