import { quorumValue } from './quorum.js'
import { confirmReadLease } from './read-lease.js'
import { emit, idleReads, type StepContext } from './state.js'

/** Takes a read. Answers whether a round has to be broadcast for it. */
export function read(context: StepContext, id: number): boolean {
  const { state, options } = context
  const { reads } = state
  if (state.role !== 'leader') {
    emit(context, { kind: 'read-rejected', id, reason: 'not-leader', leader: state.leader })
    return false
  }
  if (reads.waiting.length + (reads.serving?.ids.length ?? 0) >= options.maxPendingReads) {
    emit(context, { kind: 'read-rejected', id, reason: 'busy', leader: state.leader })
    return false
  }
  if (state.readLease.held !== null && state.commit >= state.firstOwnIndex) {
    emit(context, { kind: 'read-ready', id, index: state.commit, isByLease: true })
    return false
  }
  reads.waiting.push(id)
  return serveReads(context)
}

/**
 * Begins a round for all reads that wait, unless one is in flight, or nothing of this term is committed yet: until then a new leader does
 * not know what its predecessors committed. Answers whether a round began and has to be broadcast.
 */
export function serveReads(context: StepContext): boolean {
  const { state } = context
  const { reads } = state
  if (reads.waiting.length === 0 || reads.serving !== null || state.commit < state.firstOwnIndex) return false
  reads.serving = { round: beginRound(context), index: state.commit, ids: reads.waiting }
  reads.waiting = []
  finishReads(context)
  return true
}

/** The number of a new round, which the next heartbeats carry. */
export function beginRound(context: StepContext): number {
  const { reads } = context.state
  reads.round++
  confirmRounds(context)
  return reads.round
}

/** Counts the followers' answers; answers whether a newer round is confirmed. */
export function confirmRounds(context: StepContext): boolean {
  const { state } = context
  const { progress, reads } = state
  const values = new Array<number>(progress.length)
  for (let i = 0; i < progress.length; i++) {
    const follower = progress[i]
    if (!follower) values[i] = reads.round
    else values[i] = follower.suspect ? 0 : follower.round
  }
  const confirmed = quorumValue(state.quorum, values)
  if (confirmed <= state.reads.confirmed) return false
  state.reads.confirmed = confirmed
  confirmReadLease(context)
  return true
}

/** Answers the reads whose round a majority has confirmed. */
export function finishReads(context: StepContext): void {
  const { reads } = context.state
  const { serving } = reads
  if (serving === null || reads.confirmed < serving.round) return
  reads.serving = null
  for (const id of serving.ids) emit(context, { kind: 'read-ready', id, index: serving.index, isByLease: false })
}

/** A leader that steps down answers none of its reads. */
export function rejectReads(context: StepContext): void {
  const { state } = context
  for (const id of state.reads.serving?.ids ?? []) emit(context, { kind: 'read-rejected', id, reason: 'not-leader', leader: state.leader })
  for (const id of state.reads.waiting) emit(context, { kind: 'read-rejected', id, reason: 'not-leader', leader: state.leader })
  state.reads = idleReads()
}
