import { advanceCommit } from './commit.js'
import { forward } from './forwarding.js'
import { broadcastHeartbeat } from './heartbeat.js'
import { entriesFrom, lastIndex, lastPlaceOfTerm, termAt, weight, writeEntries } from './log.js'
import { leaveWhenCommitted, noteConfigurations } from './membership.js'
import type { AppendResponse, Entry, HeartbeatResponse, MemberId } from './messages.js'
import { ENTRY_OVERHEAD_BYTES } from './options.js'
import { becomeProbe, becomeReplicate, maySend, noteAnswered, noteSent, type Progress } from './progress.js'
import { beginRound, confirmRounds, finishReads, serveReads } from './read-index.js'
import { beginSnapshot, nudgeSnapshot } from './snapshot-sending.js'
import { emit, type RaftState, type StepContext, save, send } from './state.js'
import { handOver } from './transfer.js'

const nothing: readonly Entry[] = []

/** Leader: appends a proposal, or says why not. */
export function propose(context: StepContext, id: number, data: Uint8Array): void {
  const { state } = context
  const reason = proposalRefusal(context, data)
  if (reason === 'not-leader' && forward(context, id, data)) return
  if (reason !== null) {
    emit(context, { kind: 'proposal-rejected', id, reason, leader: state.leader })
    return
  }
  emit(context, { kind: 'proposed', id, index: lastIndex(state.log) + 1, term: state.term })
  appendOwn(context, 'normal', data)
}

/** Why this member would not append a proposal now. */
export function proposalRefusal({ state, options }: StepContext, data: Uint8Array): 'not-leader' | 'busy' | null {
  if (state.role !== 'leader') return 'not-leader'
  const isFull = state.uncommittedBytes > 0 && state.uncommittedBytes + data.length + ENTRY_OVERHEAD_BYTES > options.maxUncommittedBytes
  return isFull || state.transfer !== null ? 'busy' : null
}

/** Leader: one more entry, stored here and sent to all at the same time. */
export function appendOwn(context: StepContext, kind: Entry['kind'], data: Uint8Array): void {
  const { state } = context
  const entry: Entry = { index: lastIndex(state.log) + 1, term: state.term, kind, data }
  const entries = [entry]
  writeEntries(state.log, entries, 0, save(context, { kind: 'entries', entries }))
  if (kind === 'configuration') noteConfigurations(state, entries, 0)
  state.uncommittedBytes += weight(entry)
  for (const progress of state.progress) if (progress !== null) replicate(context, progress)
}

/** Sends a follower what it lacks, as far as its limits allow; `evenEmpty`: at least one request, to compare the logs. */
export function replicate(context: StepContext, progress: Progress, evenEmpty = false): void {
  const { state, options } = context
  let wanted = evenEmpty
  while (maySend(progress, options)) {
    const last = lastIndex(state.log)
    if (progress.next > last && !wanted) return
    if (termAt(state.log, progress.next - 1) < 0) {
      beginSnapshot(context, progress)
      return
    }
    const entries = progress.next > last ? nothing : entriesFrom(state.log, progress.next, options.maxBatchBytes)
    sendAppend(context, progress, entries)
    wanted = false
    if (progress.mode === 'probe') {
      progress.awaiting = true
    } else if (entries.length > 0) {
      let bytes = 0
      for (const entry of entries) bytes += weight(entry)
      progress.next += entries.length
      noteSent(progress, progress.next - 1, bytes)
    }
  }
}

function sendAppend(context: StepContext, progress: Progress, entries: readonly Entry[]): void {
  const { state } = context
  const previousIndex = progress.next - 1
  const previousTerm = termAt(state.log, previousIndex)
  const { term, commit } = state
  send(context, progress.member, {
    kind: 'append-request',
    term,
    previousIndex,
    previousTerm,
    entries,
    commit,
    round: state.reads.round,
    trust: progress.trust,
  })
}

export function onAppendResponse(context: StepContext, from: MemberId, response: AppendResponse): void {
  const progress = progressOf(context.state, from)
  if (progress === undefined || !hear(context, progress, response) || !isLed(context.state, progress)) return
  if (response.rejected) onRefused(context, progress, response)
  else onMatched(context, progress, response.index)
  if (isLed(context.state, progress)) supplyState(context, progress)
}

/** A commit may have changed the configuration: this member may lead no longer, or have the follower no longer. */
function isLed(state: RaftState, progress: Progress): boolean {
  return state.progress[state.quorum.members.indexOf(progress.member)] === progress
}

function onMatched(context: StepContext, progress: Progress, index: number): void {
  const { state } = context
  if (index > progress.matched) progress.matched = index
  if (progress.mode === 'replicate') noteAnswered(progress, index)
  else if (progress.mode === 'probe') becomeReplicate(progress)
  else if (progress.lacks === 0 && progress.matched >= state.log.base.index) becomeReplicate(progress)
  // The snapshot is installed, and the entries that follow it have been compacted meanwhile.
  else if (progress.lacks === 0 && progress.snapshot !== null && index >= progress.snapshot.index) beginSnapshot(context, progress)
  if (progress.matched > state.commit) advance(context)
  if (!isLed(state, progress)) return
  replicate(context, progress)
  if (state.transfer !== null) handOver(context, progress)
}

function onRefused(context: StepContext, progress: Progress, response: AppendResponse): void {
  const { log } = context.state
  if (progress.mode === 'replicate') {
    // Something was lost on the way; what is acknowledged is there.
    if (response.index <= progress.matched) return
    becomeProbe(progress, progress.matched + 1)
  } else {
    if (progress.mode === 'snapshot' || response.index !== progress.next - 1) return
    // Before where the log begins nothing can be compared: that is what snapshots are for.
    const place = response.hintIndex < log.base.index ? response.hintIndex : lastPlaceOfTerm(log, response.hintIndex, response.hintTerm).index
    becomeProbe(progress, Math.max(Math.min(response.index, place + 1), progress.matched + 1))
  }
  replicate(context, progress, true)
}

export function onUnreachable(state: RaftState, member: MemberId): void {
  const progress = progressOf(state, member)
  if (progress?.mode === 'replicate') becomeProbe(progress, progress.matched + 1)
}

/** An answered heartbeat is the time to send again what may have been lost. */
export function onHeartbeatResponse(context: StepContext, from: MemberId, response: HeartbeatResponse): void {
  const { state, options } = context
  const progress = progressOf(state, from)
  if (progress === undefined || !hear(context, progress, response) || !isLed(state, progress)) return
  if (supplyState(context, progress)) return
  if (progress.mode === 'snapshot') {
    nudgeSnapshot(context, progress)
    return
  }
  if (progress.mode === 'replicate' && progress.matched === lastIndex(state.log) && progress.trust === null) return
  progress.awaiting = false
  if (maySend(progress, options)) replicate(context, progress, true)
  else if (termAt(state.log, progress.next - 1) >= 0) sendAppend(context, progress, nothing)
  // All that is on its way was lost, and compacted since.
  else beginSnapshot(context, progress)
}

/** A follower spoke. Answers whether it counts: words of an earlier life are void. */
function hear(context: StepContext, progress: Progress, response: AppendResponse | HeartbeatResponse): boolean {
  const { state } = context
  if (response.round < progress.since) return false
  if (seemsReplaced(progress, response)) {
    if (!isProven(context, progress, response)) return false
    meet(state, progress, response)
    // Whatever was said before this moment is void now: the life that said it may have had this one's number.
    progress.since = beginRound(context)
  } else if (response.incarnation < progress.incarnation) return false
  else if (response.incarnation > progress.incarnation) meet(state, progress, response)
  else if (progress.suspect && !response.suspect) {
    progress.suspect = false
    progress.trust = null
    progress.doubt = 0
    advance(context)
  }
  progress.active = true
  progress.lacks = response.lacks
  if (response.round > progress.round) {
    progress.round = response.round
    if (confirmRounds(context)) finishReads(context)
  }
  if (progress.suspect && progress.trust === null) considerTrust(context, progress)
  if (serveReads(context)) broadcastHeartbeat(context)
  return true
}

/** A blank disk that does not rise above the life that is known: a late word of an earlier one, or a new disk whose count of lives starts again. */
function seemsReplaced(progress: Progress, { incarnation, wiped }: AppendResponse | HeartbeatResponse): boolean {
  if (wiped !== true) return false
  return incarnation < progress.incarnation || (incarnation === progress.incarnation && !(progress.suspect && progress.wiped))
}

/** It is a new one when it answers a round that began after the life that is known was heard: nobody who was dead by then does. */
function isProven(context: StepContext, progress: Progress, { round }: AppendResponse | HeartbeatResponse): boolean {
  if (progress.doubt > 0) return round >= progress.doubt
  progress.doubt = beginRound(context)
  finishReads(context)
  return false
}

/** A suspect is trusted once it has what is committed now; one that was wiped, once it has an entry that was appended since it was heard. */
function considerTrust(context: StepContext, progress: Progress): void {
  const { state } = context
  if (!progress.wiped) {
    if (state.commit >= state.firstOwnIndex) progress.trust = { incarnation: progress.incarnation, index: state.commit }
  } else if (progress.fence === 0) {
    progress.fence = lastIndex(state.log) + 1
    appendOwn(context, 'noop', new Uint8Array(0))
  } else if (state.commit >= progress.fence) progress.trust = { incarnation: progress.incarnation, index: progress.fence }
}

/**
 * A follower whose state machine lost its content gets a snapshot, though its log may lack nothing: as soon as this leader has applied as much. Answers whether
 * one was begun.
 */
function supplyState(context: StepContext, progress: Progress): boolean {
  if (progress.lacks === 0 || context.state.applied < progress.lacks) return false
  const isUnderWay = progress.mode === 'snapshot' && (progress.snapshot === null || progress.snapshot.index >= progress.lacks)
  if (isUnderWay) return false
  beginSnapshot(context, progress)
  return true
}

/** A new life of a follower: what was on its way to the last one is lost, and of a suspect's log nothing is known. */
function meet(state: RaftState, progress: Progress, response: AppendResponse | HeartbeatResponse): void {
  const restarted = progress.incarnation > 0
  progress.incarnation = response.incarnation
  progress.suspect = response.suspect
  progress.wiped = response.wiped === true
  progress.fence = 0
  progress.trust = null
  progress.doubt = 0
  if (response.suspect) {
    progress.matched = 0
    becomeProbe(progress, lastIndex(state.log) + 1)
  } else if (restarted) {
    becomeProbe(progress, progress.matched + 1)
  }
}

/** Leader: commits what a majority now holds; with the first commit of its term, reads may be served. */
export function advance(context: StepContext): void {
  const { state } = context
  if (!advanceCommit(context)) return
  // Another configuration may have come into force, by which more is committed.
  while (state.role === 'leader' && advanceCommit(context)) {}
  if (state.role !== 'leader') return
  leaveWhenCommitted(context)
  if (serveReads(context)) broadcastHeartbeat(context)
}

export function progressOf(state: RaftState, member: MemberId): Progress | undefined {
  return state.progress[state.quorum.members.indexOf(member)] ?? undefined
}
