import { Misuse } from '../../sim/host/errors.js'
import { accept } from './append.js'
import { applyCommitted, commitTo } from './commit.js'
import { compactLog, restartLog, termAt } from './log.js'
import { configurationAt, forgetConfigurations, restartConfigurations, written } from './membership.js'
import { type MemberId, type Position, type SnapshotChunkRequest, samePosition } from './messages.js'
import { followLeader } from './roles.js'
import { emit, type PlacedConfiguration, type StepContext, save, send } from './state.js'

/** Follower: hands the bytes on in order, then asks for the installation. */
export function onChunkRequest(context: StepContext, from: MemberId, request: SnapshotChunkRequest): void {
  const { state } = context
  followLeader(context, from)
  const { snapshot, total } = request
  if (termAt(state.log, snapshot.index) === snapshot.term) commitTo(context, snapshot.index)
  const isNeeded = state.lacks > 0 && snapshot.index >= state.lacks
  if (snapshot.index <= state.commit && !isNeeded) {
    accept(context, from, state.commit, request.round ?? 0)
    return
  }
  if (state.installing !== null) {
    if (samePosition(state.installing, snapshot)) answerChunk(context, from, snapshot, total)
    return
  }
  const received = takeChunk(context, request)
  answerChunk(context, from, snapshot, received)
  if (received < total) return
  state.incoming = null
  state.installing = snapshot
  state.incomingConfiguration = request.configuration
  // Whoever finds the state machine ahead of the log has to know who decides.
  if (request.configuration !== null) {
    state.expectedToken = save(context, { kind: 'expected', expected: { snapshot, configuration: request.configuration } })
  } else emit(context, { kind: 'install', snapshot })
}

export function installWhenDurable(context: StepContext): void {
  const { state } = context
  if (state.savedToken < state.expectedToken || state.installing === null) return
  state.expectedToken = 0
  emit(context, { kind: 'install', snapshot: state.installing })
}

/** Answers how much of the snapshot is here. */
function takeChunk(context: StepContext, { snapshot, offset, total, bytes }: SnapshotChunkRequest): number {
  const { state } = context
  if (state.incoming === null || !samePosition(state.incoming.snapshot, snapshot)) {
    // Bytes may be lost with a crash while their sender goes on: it has to begin anew.
    if (offset !== 0 || (bytes.length === 0 && total > 0)) return 0
    state.incoming = { snapshot, total, received: 0 }
  }
  const { incoming } = state
  if (offset === incoming.received && (bytes.length > 0 || total === 0)) {
    incoming.received += bytes.length
    emit(context, { kind: 'chunk-received', term: state.term, snapshot, offset, total, bytes })
  }
  return incoming.received
}

function answerChunk(context: StepContext, to: MemberId, snapshot: Position, received: number): void {
  send(context, to, { kind: 'snapshot-chunk-response', term: context.state.term, snapshot, received })
}

/** The state machine durably holds the snapshot: the log goes on from there. What it holds beyond, and agrees with the snapshot, stays. */
export function onInstalled(context: StepContext, snapshot: Position): void {
  const { state } = context
  if (state.installing === null || !samePosition(state.installing, snapshot)) throw new Misuse(`no snapshot of index ${snapshot.index} is being installed`)
  state.installing = null
  if (termAt(state.log, snapshot.index) === snapshot.term) {
    compactLog(state.log, snapshot.index)
    forgetConfigurations(state, snapshot.index)
    save(context, { kind: 'compacted', base: snapshot, configuration: written(configurationAt(state, snapshot.index)) })
  } else {
    const configuration = state.incomingConfiguration
    restartLog(state.log, snapshot, save(context, { kind: 'restored', base: snapshot, configuration }))
    restartConfigurations(context, configuration === null ? (state.configurations[0] as PlacedConfiguration) : { index: snapshot.index, configuration })
  }
  state.incomingConfiguration = null
  state.applied = snapshot.index
  state.lacks = 0
  if (snapshot.index > state.commit) state.commit = snapshot.index
  applyCommitted(context)
  if (state.leader !== null && state.leader !== state.id) accept(context, state.leader, snapshot.index, 0)
}

export function onInstallFailed(context: StepContext, snapshot: Position): void {
  const { state } = context
  if (state.installing === null || !samePosition(state.installing, snapshot)) throw new Misuse(`no snapshot of index ${snapshot.index} is being installed`)
  state.installing = null
  applyCommitted(context)
}
