import { isVoter } from './configuration.js'
import { askWhetherNew, isBlank } from './founding.js'
import { sendHeartbeat } from './heartbeat.js'
import { becomeLeader } from './leadership.js'
import { type Log, lastIndex, lastTerm } from './log.js'
import type { MemberId, PreVoteRequest, PreVoteResponse, VoteRequest, VoteResponse } from './messages.js'
import { quorumVote } from './quorum.js'
import { adoptTerm, becomeFollower } from './roles.js'
import { type RaftState, type StepContext, saveHardState, send } from './state.js'

/** The leader was not heard for the shortest election timeout: votes may be given again, and after the drawn rest this member campaigns. */
export function onLeaseTimer({ state, effects, timers }: StepContext): void {
  state.leased = false
  effects.push(timers.electionAfterLease)
}

export function onElectionTimer(context: StepContext): void {
  const { state, effects, timers } = context
  if (state.role === 'leader') return
  if (mayCampaign(state)) {
    askForPreVotes(context)
    return
  }
  // It does nothing about a leader that it hears no more; but what it handed on to that one is lost, and it hands on nothing else.
  if (context.options.forwardsProposals) state.leader = null
  effects.push(timers.election)
  if (context.options.restAfterHeartbeats > 0) callLeader(context)
  if (state.wiped && isBlank(state)) askWhetherNew(context)
}

/**
 * A member that may not stand for election says that it hears no leader all the same: the group may rest, and know nothing of it. No answer counts. A suspect may have
 * forgotten that it was made a member, and who the others are: it calls all that may be, of whom each knows whether it is one (`rousesByMessage`).
 */
function callLeader(context: StepContext): void {
  const { state } = context
  const request: PreVoteRequest = { kind: 'pre-vote-request', term: state.term + 1, ...standing(context) }
  if (state.suspect) {
    for (const member of state.peers) if (member !== state.id) send(context, member, request)
  } else if (state.quorum.members.includes(state.id)) broadcast(context, request)
}

/** Who does not vote, may have forgotten what it acknowledged, or lacks what it would have to serve, does not. */
export function mayCampaign(state: RaftState): boolean {
  return isVoter(state.configuration, state.id) && !state.suspect && state.lacks === 0 && state.installing === null
}

/** Asks whether an election would be won, so that a member that was cut off disturbs nobody (dissertation 9.6). */
function askForPreVotes(context: StepContext): void {
  const { state, effects, timers } = context
  state.role = 'pre-candidate'
  state.leader = null
  state.votes = state.quorum.members.map((member) => (member === state.id ? true : null))
  effects.push(timers.election)
  if (quorumVote(state.quorum, state.votes) === true) {
    campaign(context, false)
    return
  }
  broadcast(context, { kind: 'pre-vote-request', term: state.term + 1, ...standing(context) })
}

function standing({ state: { log }, options: { priority } }: StepContext): { lastIndex: number; lastTerm: number; priority?: number } {
  const last = { lastIndex: lastIndex(log), lastTerm: lastTerm(log) }
  return priority > 0 ? { ...last, priority } : last
}

/** The candidate's own vote counts once it is durable: `onOwnVoteDurable`. */
export function campaign(context: StepContext, isTransfer: boolean): void {
  const { state, effects, timers } = context
  state.role = 'candidate'
  // One that is told to take over may not have heard that the group is awake.
  state.isResting = false
  state.term++
  state.verified = state.commit
  state.vote = state.id
  state.leader = null
  state.votes = state.quorum.members.map(() => null)
  if (state.leased) {
    state.leased = false
    effects.push(timers.cancelLease)
  }
  saveHardState(context)
  effects.push(timers.election)
  const request: VoteRequest = { kind: 'vote-request', term: state.term, ...standing(context) }
  broadcast(context, isTransfer ? { ...request, isTransfer } : request)
}

function broadcast(context: StepContext, message: PreVoteRequest | VoteRequest): void {
  const { state } = context
  for (const member of state.quorum.members) if (member !== state.id && isVoter(state.configuration, member)) send(context, member, message)
}

export function onOwnVoteDurable(context: StepContext): void {
  const { state } = context
  if (state.role === 'candidate' && state.savedToken >= state.hardStateToken) countVote(context, state.id, true)
}

/** Whether this member answers no candidate now: it hears a leader (or is one), or may have forgotten what it acknowledged. */
function refusesAll(state: RaftState): boolean {
  return state.leased || state.role === 'leader' || state.suspect
}

export function onPreVoteRequest(context: StepContext, from: MemberId, request: PreVoteRequest): void {
  const { state } = context
  tellStranger(context, from, request.term - 1)
  if (refusesAll(state)) return
  const granted = request.term > state.term && deservesVote(context, request)
  send(context, from, { kind: 'pre-vote-response', term: granted ? request.term : state.term, granted })
}

export function onVoteRequest(context: StepContext, from: MemberId, request: VoteRequest): void {
  const { state, effects, timers } = context
  tellStranger(context, from, request.term)
  if (request.isTransfer === true ? state.suspect : refusesAll(state)) return
  if (request.term > state.term) adoptTerm(context, request.term)
  const free = state.vote === null && state.leader === null
  const granted = request.term === state.term && (free || state.vote === from) && deservesVote(context, request)
  if (granted && free) {
    state.vote = from
    saveHardState(context)
    effects.push(timers.election)
  }
  send(context, from, { kind: 'vote-response', term: state.term, granted })
}

/**
 * Leader: who is no member any more, and has not heard of it, hears that there is a leader, so that it asks nobody else for a while. Not one of a later term: its
 * answer would depose the leader of a group that it does not belong to.
 */
function tellStranger(context: StepContext, from: MemberId, term: number): void {
  const { state } = context
  if (state.role === 'leader' && term <= state.term && !state.quorum.members.includes(from)) sendHeartbeat(context, from)
}

/** A candidate of a lower priority does only when its log has more. */
function deservesVote({ state: { log }, options }: StepContext, request: PreVoteRequest | VoteRequest): boolean {
  if (!isUpToDate(log, request)) return false
  return (request.priority ?? 0) >= options.priority || request.lastTerm > lastTerm(log) || request.lastIndex > lastIndex(log)
}

/** Raft paper, 5.4.1. */
function isUpToDate(log: Log, request: PreVoteRequest | VoteRequest): boolean {
  const own = lastTerm(log)
  return request.lastTerm > own || (request.lastTerm === own && request.lastIndex >= lastIndex(log))
}

export function onPreVoteResponse(context: StepContext, from: MemberId, response: PreVoteResponse): void {
  const { state } = context
  if (state.role !== 'pre-candidate' || (response.granted && response.term !== state.term + 1)) return
  const decided = noteVote(state, from, response.granted)
  if (decided === true) campaign(context, false)
  else if (decided === false) becomeFollower(context)
}

export function onVoteResponse(context: StepContext, from: MemberId, response: VoteResponse): void {
  if (context.state.role === 'candidate') countVote(context, from, response.granted)
}

function countVote(context: StepContext, from: MemberId, granted: boolean): void {
  const decided = noteVote(context.state, from, granted)
  if (decided === true) becomeLeader(context)
  else if (decided === false) becomeFollower(context)
}

function noteVote(state: RaftState, from: MemberId, granted: boolean): boolean | undefined {
  const at = state.quorum.members.indexOf(from)
  if (at < 0) return undefined
  state.votes[at] = granted
  return quorumVote(state.quorum, state.votes)
}
