import { learnCommit } from './commit.js'
import { durableToken, lastPlaceOfTerm, termAt, writeEntries } from './log.js'
import { noteConfigurations } from './membership.js'
import type { AppendRequest, Entry, MemberId, Trust } from './messages.js'
import { followLeader } from './roles.js'
import { emit, type RaftState, type StepContext, save, saveHardState, send } from './state.js'

/** Follower: takes the entries when its log holds the place before them, and answers once they are durable. */
export function onAppendRequest(context: StepContext, from: MemberId, request: AppendRequest): void {
  const { state } = context
  const { log } = state
  followLeader(context, from)
  // What is committed here is in every later leader's log.
  if (request.previousIndex > state.commit && termAt(log, request.previousIndex) !== request.previousTerm) {
    refuse(context, from, request)
    return
  }
  const { entries } = request
  let first = 0
  while (first < entries.length && holds(state, entries[first] as Entry)) first++
  if (first < entries.length) {
    const token = save(context, { kind: 'entries', entries: first === 0 ? entries : entries.slice(first) })
    writeEntries(log, entries, first, token)
    noteConfigurations(state, entries, first)
  }
  const matched = Math.max(request.previousIndex + entries.length, state.commit)
  if (state.suspect && request.trust !== null) considerTrust(context, from, request.trust, matched)
  if (matched > state.verified) state.verified = matched
  learnCommit(context, request.commit)
  accept(context, from, matched, request.round)
}

/** Entries that are here already stay: this may be an old request, and what follows them may have been acknowledged since. */
function holds(state: RaftState, entry: Entry): boolean {
  return entry.index <= state.commit || termAt(state.log, entry.index) === entry.term
}

/** Says that the log equals the leader's up to `matched`, once that is durable. */
export function accept(context: StepContext, to: MemberId, matched: number, round: number): void {
  const { state } = context
  const { term, incarnation, suspect, lacks } = state
  const known = { kind: 'append-response', term, rejected: false, index: matched, hintIndex: 0, hintTerm: 0, round, incarnation, suspect, lacks } as const
  const response = state.wiped ? ({ ...known, wiped: true } as const) : known
  send(context, to, response, durableToken(state.log, matched))
}

function refuse(context: StepContext, to: MemberId, request: AppendRequest): void {
  const { state } = context
  let hint = lastPlaceOfTerm(state.log, request.previousIndex, request.previousTerm)
  if (hint.index < state.commit) hint = { index: state.commit, term: termAt(state.log, state.commit) }
  send(context, to, {
    kind: 'append-response',
    term: state.term,
    rejected: true,
    index: request.previousIndex,
    hintIndex: hint.index,
    hintTerm: hint.term,
    round: request.round,
    incarnation: state.incarnation,
    suspect: state.suspect,
    ...(state.wiped ? { wiped: true } : {}),
    lacks: state.lacks,
  })
}

/**
 * A suspect has all back that it may have acknowledged: it counts again once that is durable. It gives its vote of this term to the leader,
 * since it may be a vote that it has forgotten that made it leader.
 */
function considerTrust(context: StepContext, leader: MemberId, trust: Trust, matched: number): void {
  const { state } = context
  if (trust.incarnation !== state.incarnation || matched < trust.index || state.trustedToken > 0) return
  if (state.vote === null) {
    state.vote = leader
    saveHardState(context)
  }
  state.trustedToken = save(context, { kind: 'trusted' })
}

export function onTrustDurable(context: StepContext): void {
  const { state } = context
  if (state.trustedToken === 0 || state.savedToken < state.trustedToken) return
  state.trustedToken = 0
  state.suspect = false
  state.wiped = false
  emit(context, { kind: 'trusted' })
}
