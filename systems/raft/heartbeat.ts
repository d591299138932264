import { commitTo } from './commit.js'
import { lastIndex } from './log.js'
import type { HeartbeatRequest, MemberId } from './messages.js'
import { followLeader } from './roles.js'
import { type StepContext, send } from './state.js'

/** Leader: says to all that it lives, what is committed, and which ReadIndex round this is. */
export function broadcastHeartbeat(context: StepContext): void {
  const { state } = context
  for (const progress of state.progress) {
    if (progress === null) continue
    send(context, progress.member, {
      kind: 'heartbeat-request',
      term: state.term,
      commit: Math.min(state.commit, progress.matched),
      round: state.reads.round,
    })
  }
}

/** Follower. */
export function onHeartbeatRequest(context: StepContext, from: MemberId, request: HeartbeatRequest): void {
  const { state } = context
  followLeader(context, from)
  // A suspect may have lost what the leader takes to be here: only append requests compare logs.
  if (!state.suspect) commitTo(context, Math.min(request.commit, lastIndex(state.log)))
  answerHeartbeat(context, from, request.round)
}

export function answerHeartbeat(context: StepContext, to: MemberId, round: number): void {
  const { state } = context
  send(context, to, { kind: 'heartbeat-response', term: state.term, round, incarnation: state.incarnation, suspect: state.suspect })
}
