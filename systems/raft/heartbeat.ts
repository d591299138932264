import { learnCommit } from './commit.js'
import type { HeartbeatRequest, MemberId } from './messages.js'
import { beginReadLease } from './read-lease.js'
import { restWithLeader } from './resting.js'
import { followLeader } from './roles.js'
import { type RaftState, type StepContext, send } from './state.js'

/** Leader: says to all that it lives, what is committed, and which ReadIndex round this is. */
export function broadcastHeartbeat(context: StepContext): void {
  beginReadLease(context)
  const { state } = context
  const { progress } = state
  const message = heartbeatOf(state)
  for (let i = 0; i < progress.length; i++) {
    const follower = progress[i]
    if (follower) send(context, follower.member, message)
  }
}

/** Leader: to one member, or to one that is none any more. */
export function sendHeartbeat(context: StepContext, to: MemberId): void {
  send(context, to, heartbeatOf(context.state))
}

function heartbeatOf({ term, commit, reads }: RaftState): HeartbeatRequest {
  return { kind: 'heartbeat-request', term, commit, round: reads.round }
}

/** Follower. */
export function onHeartbeatRequest(context: StepContext, from: MemberId, request: HeartbeatRequest): void {
  followLeader(context, from)
  learnCommit(context, request.commit)
  if (request.isLast && restWithLeader(context, request)) return
  answerHeartbeat(context, from, request.round)
}

export function answerHeartbeat(context: StepContext, to: MemberId, round: number): void {
  const { term, incarnation, suspect, wiped, lacks } = context.state
  const response = { kind: 'heartbeat-response', term, round, incarnation, suspect, lacks } as const
  send(context, to, wiped ? { ...response, wiped } : response)
}
