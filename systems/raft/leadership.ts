import { broadcastHeartbeat } from './heartbeat.js'
import { lastIndex, weight } from './log.js'
import { newProgress } from './progress.js'
import { quorumVote } from './quorum.js'
import { appendOwn } from './replication.js'
import { maybeRest } from './resting.js'
import { becomeFollower } from './roles.js'
import { idleReads, noReadLease, type RaftState, type StepContext } from './state.js'

/** A majority voted for this candidate (`votes` keeps who did). It begins its term with a no-op, whose commit commits all that came before. */
export function becomeLeader(context: StepContext): void {
  const { state, effects, timers } = context
  state.role = 'leader'
  state.leader = state.id
  const next = lastIndex(state.log) + 1
  state.progress = state.quorum.members.map((member) => (member === state.id ? null : newProgress(member, next)))
  state.firstOwnIndex = next
  state.changeAfter = next
  state.readLease = noReadLease()
  state.uncommittedBytes = uncommittedBytes(state)
  state.reads = idleReads()
  state.forwarded = []
  state.idleHeartbeats = 0
  effects.push(timers.cancelElection, timers.heartbeat, timers.checkQuorum)
  appendOwn(context, 'noop', new Uint8Array(0))
}

function uncommittedBytes({ log, commit }: RaftState): number {
  let bytes = 0
  for (let i = commit - log.base.index; i < log.entries.length; i++) {
    const entry = log.entries[i]
    if (entry !== undefined) bytes += weight(entry)
  }
  return bytes
}

export function onHeartbeatTimer(context: StepContext): void {
  if (context.state.role !== 'leader' || maybeRest(context)) return
  context.effects.push(context.timers.heartbeat)
  broadcastHeartbeat(context)
}

/** Steps down unless a majority, itself included, was heard since the last check (dissertation 6.2). */
export function onCheckQuorumTimer(context: StepContext): void {
  const { state, effects, timers } = context
  if (state.role !== 'leader') return
  const heard = state.progress.map((follower) => follower === null || (follower.active && !follower.suspect))
  for (const follower of state.progress) if (follower !== null) follower.active = false
  if (quorumVote(state.quorum, heard) === true) effects.push(timers.checkQuorum)
  else becomeFollower(context)
}
