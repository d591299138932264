import { entriesBetween, termAt, weight } from './log.js'
import type { Entry } from './messages.js'
import { majorityValue } from './quorum.js'
import { emit, type RaftState, type StepContext } from './state.js'

/** Leader: commits what a majority holds durably, by counting entries of its own term only (Raft paper, figure 8). Answers whether it advanced. */
export function advanceCommit(context: StepContext): boolean {
  const { state } = context
  const index = majorityValue(state.configuration, matchedByVoter(state))
  if (index <= state.commit || termAt(state.log, index) !== state.term) return false
  commitTo(context, index)
  return true
}

function matchedByVoter(state: RaftState): number[] {
  const { progress, log } = state
  const values = new Array<number>(progress.length)
  for (let i = 0; i < progress.length; i++) {
    const follower = progress[i]
    if (!follower) values[i] = log.durable
    else values[i] = follower.suspect ? 0 : follower.matched
  }
  return values
}

/** Follower: takes the leader's commit index over, but not beyond what is known to be the leader's log: what follows may be another's. */
export function learnCommit(context: StepContext, leaderCommit: number): void {
  commitTo(context, Math.min(leaderCommit, context.state.verified))
}

/** All up to `index` is committed; earlier indexes change nothing. */
export function commitTo(context: StepContext, index: number): void {
  const { state } = context
  if (index <= state.commit) return
  if (state.role === 'leader') {
    for (const entry of entriesBetween(state.log, state.commit + 1, index)) state.uncommittedBytes -= weight(entry)
  }
  state.commit = index
  applyCommitted(context)
}

/** Hands out what is committed and durable here, in order; nothing while a snapshot replaces the state, or has to. */
export function applyCommitted(context: StepContext): void {
  const { state } = context
  const last = Math.min(state.commit, state.log.durable)
  if (last <= state.applied || state.installing !== null || state.lacks > 0) return
  const entries: readonly Entry[] = entriesBetween(state.log, state.applied + 1, last)
  state.applied = last
  emit(context, { kind: 'apply', entries })
}
