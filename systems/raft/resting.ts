import { lastIndex } from './log.js'
import type { HeartbeatRequest, MemberId, RaftInput, RaftMessage } from './messages.js'
import { emit, type RaftMachine, type RaftState, type StepContext, send } from './state.js'

/**
 * Groups that rest. A leader that has had nothing to do for some heartbeats, and whose followers all hold its whole log, says so with a last heartbeat: then nobody
 * in the group keeps a timer, until somebody wants something. That its leader's host lives is watched over for all groups of two hosts together, by the process
 * around them (`raft-store.ts`), which wakes the members when it does not. TiKV calls it hibernation, CockroachDB quiescence.
 *
 * Safety does not hang on it: terms, votes and logs are what they are, whoever sleeps. A resting follower refuses votes as one that has just heard its leader. A
 * member's question for votes means that it hears no leader: it wakes the leader, and the followers too, since there may be none. Who is no member wakes nobody: it
 * may ask for ever. Groups with lease reads never rest: a lease has to be renewed.
 */
export function maybeRest(context: StepContext): boolean {
  const { state, options, effects, timers } = context
  if (options.restAfterHeartbeats === 0) return false
  if (!isIdle(context)) {
    state.idleHeartbeats = 0
    return false
  }
  if (++state.idleHeartbeats <= options.restAfterHeartbeats) return false
  state.isResting = true
  effects.push(timers.cancelHeartbeat, timers.cancelCheckQuorum)
  const { term, commit, reads } = state
  const last: HeartbeatRequest = { kind: 'heartbeat-request', term, commit, round: reads.round, isLast: true }
  for (const follower of state.progress) if (follower !== null) send(context, follower.member, last)
  return true
}

function isIdle({ state, options }: StepContext): boolean {
  const { log, reads, progress } = state
  const last = lastIndex(log)
  if (state.commit !== last || state.applied !== last || state.transfer !== null || options.leaseReadsDriftPpm !== null) return false
  if (reads.waiting.length > 0 || reads.serving !== null) return false
  for (const follower of progress) {
    if (follower !== null && (follower.mode !== 'replicate' || follower.matched !== last || follower.suspect || follower.lacks > 0)) return false
  }
  return true
}

/** Follower, told by a last heartbeat: rests when it lacks nothing. Answers whether it does. */
export function restWithLeader({ state, effects, timers }: StepContext, { commit }: HeartbeatRequest): boolean {
  const isComplete = commit === state.commit && lastIndex(state.log) === commit && state.applied === commit
  if (!isComplete || state.suspect || state.lacks > 0 || state.nextToken - 1 > state.savedToken || state.handedOn.length > 0) return false
  state.isResting = true
  effects.push(timers.cancelLease)
  return true
}

/** Whether a message to a resting member means that there is something to do. What a follower hears from its leader wakes it by itself. */
export function rousesByMessage(state: RaftState, from: MemberId, message: RaftMessage): boolean {
  if (!state.quorum.members.includes(from)) return false
  if (state.role !== 'leader') return message.kind === 'pre-vote-request' || message.kind === 'vote-request'
  if (message.kind === 'heartbeat-response') return message.suspect || message.lacks > 0
  if (message.kind === 'append-response') return message.rejected || message.suspect || message.lacks > 0
  return true
}

export function rousesByInput({ role }: RaftState, { kind }: RaftInput): boolean {
  switch (kind) {
    case 'compact':
    case 'applied':
    case 'chunk':
    case 'chunk-unavailable':
    case 'installed':
    case 'install-failed':
      return false
    case 'propose':
    case 'read':
    case 'change-membership':
    case 'transfer':
    case 'unreachable':
    case 'heartbeat':
      return role === 'leader'
    case 'wake':
      return role !== 'leader'
    case 'forget-leader':
    case 'resign':
    case 'state-lost':
      return true
  }
}

/** What a leader says of its own accord when this happens, all members of a group that rests hear at once: an entry, or a round of heartbeats. */
export function speaksToAll(event: Parameters<RaftMachine['step']>[1]): boolean {
  return event.kind === 'input' && (event.input.kind === 'propose' || event.input.kind === 'read' || event.input.kind === 'heartbeat')
}

/** Timers run again. A leader that says nothing else to all members has to be followed by heartbeats: the caller sends them. */
export function wake({ state, effects, timers }: StepContext): void {
  state.isResting = false
  state.idleHeartbeats = 0
  if (state.role === 'leader') effects.push(timers.heartbeat, timers.checkQuorum)
  else effects.push(state.leased ? timers.lease : timers.election)
}

/** At a step's end. */
export function tellRest(context: StepContext, wasResting: boolean): void {
  const { isResting } = context.state
  if (isResting !== wasResting) emit(context, { kind: 'resting', isResting })
}
