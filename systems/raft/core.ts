import { Misuse } from '../../sim/host/errors.js'
import { onAppendRequest, onTrustDurable } from './append.js'
import { applyCommitted } from './commit.js'
import { onElectionTimer, onLeaseTimer, onOwnVoteDurable, onPreVoteRequest, onPreVoteResponse, onVoteRequest, onVoteResponse } from './election.js'
import { answerHeartbeat, broadcastHeartbeat, onHeartbeatRequest } from './heartbeat.js'
import { onCheckQuorumTimer, onHeartbeatTimer } from './leadership.js'
import { compactLog, lastIndex, markDurable, restartLog, termAt } from './log.js'
import type { AppendRequest, Durable, HeartbeatRequest, MemberId, RaftInput, RaftMessage, SnapshotChunkRequest, TimerTag } from './messages.js'
import { checkRaftOptions, defaultRaftOptions, type RaftOptions } from './options.js'
import { persist } from './persist.js'
import { read } from './read-index.js'
import { advance, onAppendResponse, onHeartbeatResponse, progressOf, propose } from './replication.js'
import { adoptTerm, becomeFollower } from './roles.js'
import { onChunkRequest, onInstalled, onInstallFailed } from './snapshot-receiving.js'
import { onChunk, onChunkResponse, onChunkUnavailable } from './snapshot-sending.js'
import { emit, idleReads, type RaftMachine, type RaftState, type StepContext, save, send, timerEffects } from './state.js'

/**
 * Raft (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", 2014; Ongaro's dissertation) as a `Machine`: elections with
 * pre-vote, lease and check-quorum; pipelined replication; ReadIndex; compaction and snapshots in chunks. `boot` and `step` throw `Misuse` for
 * what the process around it should never say.
 */
export function raftMachine(given: Partial<RaftOptions> = {}): RaftMachine {
  const options = checkRaftOptions({ ...defaultRaftOptions, ...given })
  const timers = timerEffects(options)
  return {
    boot({ id, peers }, durable) {
      if (!peers.includes(id)) throw new Misuse(`member ${id} is not among its group's members ${peers.join(', ')}`)
      const state = recover(id, peers, durable)
      const context: StepContext = { state, effects: [], options, timers }
      if (durable !== null) reconcile(context, durable)
      context.effects.push(timers.election)
      return { state, effects: context.effects }
    },
    step(state, event) {
      const context: StepContext = { state, effects: [], options, timers }
      const { role, term, leader } = state
      switch (event.kind) {
        case 'message':
          onMessage(context, event.from, event.message)
          break
        case 'saved':
          onSaved(context, event.token)
          break
        case 'timer':
          onTimer(context, event.tag as TimerTag)
          break
        case 'input':
          onInput(context, event.input)
          break
        case 'chosen':
          throw new Misuse(`Raft never asks for a choice, and was told ${event.key}`)
      }
      if (state.role !== role || state.term !== term || state.leader !== leader) {
        emit(context, { kind: 'leadership', role: state.role, term: state.term, leader: state.leader })
      }
      return context.effects
    },
    persist,
  }
}

function recover(id: MemberId, voters: readonly MemberId[], durable: Durable | null): RaftState {
  const base = durable?.base ?? { index: 0, term: 0 }
  const applied = durable?.applied?.index ?? base.index
  const entries = durable?.entries.slice() ?? []
  return {
    id,
    incarnation: durable?.incarnation ?? 1,
    configuration: { voters },
    role: 'follower',
    term: durable?.hardState.term ?? 0,
    vote: durable?.hardState.vote ?? null,
    leader: null,
    leased: false,
    log: { base, entries, durable: base.index + entries.length, pending: [] },
    commit: applied,
    verified: applied,
    applied,
    // A log that still begins at its beginning brings all back.
    lacks: durable?.applied === null ? base.index : 0,
    nextToken: 1,
    savedToken: 0,
    hardStateToken: 0,
    suspect: durable?.suspect ?? false,
    trustedToken: 0,
    votes: [],
    progress: [],
    firstOwnIndex: 0,
    uncommittedBytes: 0,
    reads: idleReads(),
    incoming: null,
    installing: null,
  }
}

/** A state machine that was replaced by a snapshot just before the crash is ahead of the log: the log starts anew from it. */
function reconcile(context: StepContext, { applied, base }: Durable): void {
  if (applied === null) return
  const { log } = context.state
  if (applied.index < base.index) throw new Misuse(`the state machine holds ${applied.index} entries of a log that begins after ${base.index}`)
  if (termAt(log, applied.index) !== applied.term) restartLog(log, applied, save(context, { kind: 'restored', base: applied }))
}

function onMessage(context: StepContext, from: MemberId, message: RaftMessage): void {
  const { state } = context
  if (message.term < state.term) {
    answerEarlierTerm(context, from, message)
    return
  }
  if (message.term > state.term && raisesTerm(message)) adoptTerm(context, message.term)
  switch (message.kind) {
    case 'pre-vote-request':
      onPreVoteRequest(context, from, message)
      break
    case 'pre-vote-response':
      onPreVoteResponse(context, from, message)
      break
    case 'vote-request':
      onVoteRequest(context, from, message)
      break
    case 'vote-response':
      onVoteResponse(context, from, message)
      break
    case 'append-response':
      onAppendResponse(context, from, message)
      break
    case 'heartbeat-response':
      onHeartbeatResponse(context, from, message)
      break
    case 'snapshot-chunk-response':
      onChunkResponse(context, progressOf(state, from), message)
      break
    default:
      // One leader a term: a leader hears nothing from another.
      if (state.role !== 'leader') onLeaderMessage(context, from, message)
  }
}

function onLeaderMessage(context: StepContext, from: MemberId, message: AppendRequest | HeartbeatRequest | SnapshotChunkRequest): void {
  if (message.kind === 'append-request') onAppendRequest(context, from, message)
  else if (message.kind === 'heartbeat-request') onHeartbeatRequest(context, from, message)
  else onChunkRequest(context, from, message)
}

/** Pre-votes speak of a term that may never come; a vote request is first held against the leader's lease. */
function raisesTerm(message: RaftMessage): boolean {
  if (message.kind === 'pre-vote-request' || message.kind === 'vote-request') return false
  return message.kind !== 'pre-vote-response' || !message.granted
}

/** A leader or candidate of an earlier term learns of this one, so that it steps down; late answers are void. */
function answerEarlierTerm(context: StepContext, from: MemberId, message: RaftMessage): void {
  const { term } = context.state
  if (message.kind === 'pre-vote-request') send(context, from, { kind: 'pre-vote-response', term, granted: false })
  else if (message.kind === 'vote-request') send(context, from, { kind: 'vote-response', term, granted: false })
  else if (message.kind === 'append-request' || message.kind === 'heartbeat-request') answerHeartbeat(context, from, message.round)
  else if (message.kind === 'snapshot-chunk-request') answerHeartbeat(context, from, 0)
}

function onSaved(context: StepContext, token: number): void {
  const { state } = context
  if (token >= state.nextToken) throw new Misuse(`save ${token} was never asked for`)
  if (token <= state.savedToken) return
  state.savedToken = token
  markDurable(state.log, token)
  onTrustDurable(context)
  if (state.role === 'candidate') onOwnVoteDurable(context)
  else if (state.role === 'leader') advance(context)
  applyCommitted(context)
}

function onTimer(context: StepContext, tag: TimerTag): void {
  switch (tag) {
    case 'lease':
      onLeaseTimer(context)
      break
    case 'election':
      onElectionTimer(context)
      break
    case 'heartbeat':
      onHeartbeatTimer(context)
      break
    case 'check-quorum':
      onCheckQuorumTimer(context)
      break
    default:
      throw new Misuse(`Raft sets no timer ${String(tag)}`)
  }
}

function onInput(context: StepContext, input: RaftInput): void {
  const { state } = context
  switch (input.kind) {
    case 'propose':
      propose(context, input.id, input.data)
      break
    case 'read':
      if (read(context, input.id)) broadcastHeartbeat(context)
      break
    case 'heartbeat':
      if (state.role === 'leader') broadcastHeartbeat(context)
      break
    case 'resign':
      if (state.role !== 'follower') becomeFollower(context)
      break
    case 'state-lost':
      loseState(context)
      break
    case 'compact':
      compact(context, input.index)
      break
    case 'chunk':
      onChunk(context, progressOf(state, input.to), input)
      break
    case 'chunk-unavailable':
      onChunkUnavailable(context, progressOf(state, input.to))
      break
    case 'installed':
      onInstalled(context, input.snapshot)
      break
    case 'install-failed':
      onInstallFailed(context, input.snapshot)
      break
  }
}

function loseState(context: StepContext): void {
  const { state } = context
  state.lacks = state.applied
  if (state.lacks > 0 && state.role !== 'follower') becomeFollower(context)
}

function compact(context: StepContext, index: number): void {
  const { log, applied, lacks } = context.state
  if (lacks > 0) throw new Misuse(`the state machine has lost its content: the log cannot be compacted up to ${index}`)
  if (index > applied || index > lastIndex(log)) throw new Misuse(`entry ${index} is not applied yet: ${applied} is`)
  if (index <= log.base.index) return
  compactLog(log, index)
  save(context, { kind: 'compacted', base: log.base })
}
