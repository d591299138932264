import { isVoter } from './configuration.js'
import { lastIndex } from './log.js'
import type { FoundingRequest, FoundingResponse, MemberId } from './messages.js'
import { type RaftState, type StepContext, save, send } from './state.js'

/**
 * A suspect with nothing on its disk cannot tell whether the group is new or the disk is. The group is new when all who ever may be members have nothing at one
 * moment: when each says so, and says so again, in the same life, after all had said it. (Who has something never has nothing again in that life.) Those that
 * voted first are not enough: the group may have grown since, and they may have left it. Otherwise it waits for a leader to teach it.
 */
export function askWhetherNew(context: StepContext): void {
  const { state } = context
  if (!isVoter(state.configuration, state.id)) return
  const own = state.peers.map((member) => (member === state.id ? state.incarnation : null))
  ask(context, { round: state.foundingRound + 1, first: null, answers: own })
}

function ask(context: StepContext, founding: NonNullable<RaftState['founding']>): void {
  const { state } = context
  state.foundingRound = founding.round
  state.founding = founding
  for (const member of state.peers) if (member !== state.id) send(context, member, { kind: 'founding-request', term: 0, round: founding.round })
  consider(context)
}

/** Has it neither heard of a term nor of an entry? */
export function isBlank({ term, log, incoming, installing }: RaftState): boolean {
  return term === 0 && lastIndex(log) === 0 && incoming === null && installing === null
}

export function onFoundingRequest(context: StepContext, from: MemberId, { round }: FoundingRequest): void {
  const { state } = context
  send(context, from, { kind: 'founding-response', term: 0, round, isBlank: isBlank(state), incarnation: state.incarnation })
}

export function onFoundingResponse(context: StepContext, from: MemberId, response: FoundingResponse): void {
  const { state } = context
  const { founding } = state
  const place = state.peers.indexOf(from)
  if (founding === null || founding.round !== response.round || place < 0) return
  if (!response.isBlank || (founding.first !== null && founding.first[place] !== response.incarnation)) {
    state.founding = null
    return
  }
  founding.answers[place] = response.incarnation
  consider(context)
}

function consider(context: StepContext): void {
  const { state } = context
  const { founding } = state
  if (founding === null || founding.answers.includes(null)) return
  if (founding.first === null) {
    const own = founding.answers.map((_, place) => (state.peers[place] === state.id ? state.incarnation : null))
    ask(context, { round: founding.round + 1, first: founding.answers, answers: own })
    return
  }
  state.founding = null
  if (isBlank(state) && state.trustedToken === 0) state.trustedToken = save(context, { kind: 'trusted' })
}
