import { learnCommit } from './commit.js'
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
      commit: state.commit,
      round: state.reads.round,
    })
  }
}

/** Follower. */
export function onHeartbeatRequest(context: StepContext, from: MemberId, request: HeartbeatRequest): void {
  followLeader(context, from)
  learnCommit(context, request.commit)
  answerHeartbeat(context, from, request.round)
}

export function answerHeartbeat(context: StepContext, to: MemberId, round: number): void {
  const { state } = context
  send(context, to, { kind: 'heartbeat-response', term: state.term, round, incarnation: state.incarnation, suspect: state.suspect })
}
