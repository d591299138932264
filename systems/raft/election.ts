import { becomeLeader } from './leadership.js'
import { lastIndex, lastTerm } from './log.js'
import type { MemberId, PreVoteRequest, PreVoteResponse, VoteRequest, VoteResponse } from './messages.js'
import { majorityVote } from './quorum.js'
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
  if (state.suspect || state.lacks > 0 || state.installing !== null) {
    effects.push(timers.election)
    return
  }
  askForPreVotes(context)
}

/** Asks whether an election would be won, so that a member that was cut off disturbs nobody (dissertation 9.6). */
function askForPreVotes(context: StepContext): void {
  const { state, effects, timers } = context
  state.role = 'pre-candidate'
  state.leader = null
  state.votes = state.configuration.voters.map((voter) => (voter === state.id ? true : null))
  effects.push(timers.election)
  if (majorityVote(state.configuration, state.votes) === true) {
    campaign(context)
    return
  }
  broadcast(context, { kind: 'pre-vote-request', term: state.term + 1, lastIndex: lastIndex(state.log), lastTerm: lastTerm(state.log) })
}

/** The candidate's own vote counts once it is durable: `onOwnVoteDurable`. */
function campaign(context: StepContext): void {
  const { state, effects, timers } = context
  state.role = 'candidate'
  state.term++
  state.vote = state.id
  state.votes = state.configuration.voters.map(() => null)
  saveHardState(context)
  effects.push(timers.election)
  broadcast(context, { kind: 'vote-request', term: state.term, lastIndex: lastIndex(state.log), lastTerm: lastTerm(state.log) })
}

function broadcast(context: StepContext, message: PreVoteRequest | VoteRequest): void {
  const { state } = context
  for (const voter of state.configuration.voters) if (voter !== state.id) send(context, voter, message)
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
  if (refusesAll(state)) return
  const granted = request.term > state.term && isUpToDate(state, request)
  send(context, from, { kind: 'pre-vote-response', term: granted ? request.term : state.term, granted })
}

export function onVoteRequest(context: StepContext, from: MemberId, request: VoteRequest): void {
  const { state, effects, timers } = context
  if (refusesAll(state)) return
  if (request.term > state.term) adoptTerm(context, request.term)
  const free = state.vote === null && state.leader === null
  const granted = request.term === state.term && (free || state.vote === from) && isUpToDate(state, request)
  if (granted && free) {
    state.vote = from
    saveHardState(context)
    effects.push(timers.election)
  }
  send(context, from, { kind: 'vote-response', term: state.term, granted })
}

/** Raft paper, 5.4.1. */
function isUpToDate({ log }: RaftState, request: PreVoteRequest | VoteRequest): boolean {
  const own = lastTerm(log)
  return request.lastTerm > own || (request.lastTerm === own && request.lastIndex >= lastIndex(log))
}

export function onPreVoteResponse(context: StepContext, from: MemberId, response: PreVoteResponse): void {
  const { state } = context
  if (state.role !== 'pre-candidate' || (response.granted && response.term !== state.term + 1)) return
  const decided = noteVote(state, from, response.granted)
  if (decided === true) campaign(context)
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
  const at = state.configuration.voters.indexOf(from)
  if (at < 0) return undefined
  state.votes[at] = granted
  return majorityVote(state.configuration, state.votes)
}
