import { Misuse } from '../../sim/host/errors.js'
import { onAppendRequest, onTrustDurable } from './append.js'
import { applyCommitted, onApplied } from './commit.js'
import { type Configuration, configurationOf } from './configuration.js'
import { onElectionTimer, onLeaseTimer, onOwnVoteDurable, onPreVoteRequest, onPreVoteResponse, onVoteRequest, onVoteResponse } from './election.js'
import { loseHandedOn, onForwardRequest, onForwardResponse, remindLeader } from './forwarding.js'
import { onFoundingRequest, onFoundingResponse } from './founding.js'
import { answerHeartbeat, broadcastHeartbeat, onHeartbeatRequest } from './heartbeat.js'
import { onCheckQuorumTimer, onHeartbeatTimer } from './leadership.js'
import { compactLog, lastIndex, markDurable } from './log.js'
import { changeMembership, configurationAt, forgetConfigurations, written } from './membership.js'
import type { AppendRequest, HeartbeatRequest, MemberId, RaftInput, RaftMessage, SnapshotChunkRequest, TimerTag } from './messages.js'
import { checkRaftOptions, defaultRaftOptions, type RaftOptions } from './options.js'
import { persist } from './persist.js'
import { read } from './read-index.js'
import { onReadLeaseTimer } from './read-lease.js'
import { reconcile, recovered } from './recovery.js'
import { advance, onAppendResponse, onHeartbeatResponse, onUnreachable, progressOf, propose } from './replication.js'
import { rousesByInput, rousesByMessage, speaksToAll, tellRest, wake } from './resting.js'
import { adoptTerm, becomeFollower } from './roles.js'
import { installWhenDurable, onChunkRequest, onInstalled, onInstallFailed } from './snapshot-receiving.js'
import { keptForSnapshots, onChunk, onChunkResponse, onChunkUnavailable } from './snapshot-sending.js'
import { emit, type RaftMachine, type RaftState, type StepContext, save, send, timerEffects } from './state.js'
import { forgetLeader, onTimeoutNow, onTransferTimer, transferLeadership } from './transfer.js'

/**
 * Raft (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", 2014; Ongaro's dissertation) as a `Machine`: elections with
 * pre-vote, lease, check-quorum, priority and transfer; pipelined replication; changes of the configuration, joint ones too, and learners; ReadIndex and lease
 * reads; compaction and snapshots in chunks. `first` is the configuration that the group begins with, the same for all members; null: all of them vote.
 * `boot` and `step` throw `Misuse` for what the process around it should never say.
 */
export function raftMachine(given: Partial<RaftOptions> = {}, first: Configuration | null = null): RaftMachine {
  const options = checkRaftOptions({ ...defaultRaftOptions, ...given })
  const timers = timerEffects(options)
  return {
    boot({ id, peers }, durable) {
      if (!peers.includes(id)) throw new Misuse(`member ${id} is not among its group's members ${peers.join(', ')}`)
      if (options.commitGroups.length > peers.length)
        throw new Misuse(`Raft option commitGroups takes one group for each member: ${options.commitGroups.length} are given for ${peers.length}`)
      const state = recovered(id, peers, first ?? configurationOf(peers), durable)
      const context: StepContext = { state, effects: [], options, timers }
      if (durable !== null) reconcile(context, durable)
      if (options.leaseReadsDriftPpm !== null && durable !== null) {
        // The life before may have promised its patience to a leader that relies on it.
        state.leased = true
        context.effects.push(timers.lease)
      } else context.effects.push(timers.election)
      applyCommitted(context)
      return { state, effects: context.effects }
    },
    step(state, event) {
      const context: StepContext = { state, effects: [], options, timers }
      const { role, term, leader, isResting } = state
      if (isResting && isRoused(state, event)) {
        wake(context)
        if (state.role === 'leader' && !speaksToAll(event)) broadcastHeartbeat(context)
      }
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
        if (state.handedOn.length > 0) loseHandedOn(context)
        emit(context, { kind: 'leadership', role: state.role, term: state.term, leader: state.leader })
      }
      tellRest(context, isResting)
      return context.effects
    },
    persist,
  }
}

function isRoused(state: RaftState, event: Parameters<RaftMachine['step']>[1]): boolean {
  if (event.kind === 'message') return rousesByMessage(state, event.from, event.message)
  return event.kind === 'input' && rousesByInput(state, event.input)
}

function onMessage(context: StepContext, from: MemberId, message: RaftMessage): void {
  const { state } = context
  if (message.kind === 'founding-request') {
    onFoundingRequest(context, from, message)
    return
  }
  if (message.kind === 'founding-response') {
    onFoundingResponse(context, from, message)
    return
  }
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
    case 'forward-request':
      onForwardRequest(context, from, message)
      break
    case 'forward-response':
      onForwardResponse(context, message)
      break
    case 'timeout-now':
      onTimeoutNow(context)
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
  if (state.expectedToken > 0) installWhenDurable(context)
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
    case 'transfer':
      onTransferTimer(context)
      break
    case 'reminder':
      remindLeader(context)
      break
    case 'read-lease-0':
      onReadLeaseTimer(context, 0)
      break
    case 'read-lease-1':
      onReadLeaseTimer(context, 1)
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
    case 'change-membership':
      changeMembership(context, input.id, input.change)
      break
    case 'transfer':
      transferLeadership(context, input.to)
      break
    case 'forget-leader':
      forgetLeader(context)
      break
    case 'unreachable':
      onUnreachable(state, input.member)
      break
    case 'applied':
      onApplied(context)
      break
    case 'wake':
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
  // What was lacking before may reach beyond what the log says is applied.
  state.lacks = Math.max(state.lacks, state.applied)
  if (state.lacks > 0 && state.role !== 'follower') becomeFollower(context)
}

function compact(context: StepContext, asked: number): void {
  const { state } = context
  const { log, applied, lacks } = state
  if (lacks > 0) throw new Misuse(`the state machine has lost its content: the log cannot be compacted up to ${asked}`)
  if (asked > applied || asked > lastIndex(log)) throw new Misuse(`entry ${asked} is not applied yet: ${applied} is`)
  const index = Math.min(asked, keptForSnapshots(context, asked))
  if (index <= log.base.index) return
  compactLog(log, index)
  forgetConfigurations(state, index)
  save(context, { kind: 'compacted', base: log.base, configuration: written(configurationAt(state, index)) })
}
