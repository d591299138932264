import { entriesBetween, entriesFrom, termAt, weight } from './log.js'
import { adoptConfigurations } from './membership.js'
import type { Entry } from './messages.js'
import { groupedQuorumValue, quorumValue } from './quorum.js'
import { emit, type RaftState, type StepContext } from './state.js'

/** Leader: commits what a majority holds durably, by counting entries of its own term only (Raft paper, figure 8). Answers whether it advanced. */
export function advanceCommit(context: StepContext): boolean {
  const { state, options } = context
  const { quorum } = state
  const matched = matchedByMember(state)
  const index =
    options.commitGroups.length === 0
      ? quorumValue(quorum, matched)
      : groupedQuorumValue(
          quorum,
          matched,
          quorum.members.map((member) => options.commitGroups[member] ?? 0),
        )
  if (index <= state.commit || termAt(state.log, index) !== state.term) return false
  commitTo(context, index)
  return true
}

function matchedByMember(state: RaftState): number[] {
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
  if (state.nextChange > 0 && state.nextChange <= index) adoptConfigurations(context, index)
}

/** Hands out what is committed and durable here, in order; nothing while a snapshot replaces the state, or has to. */
export function applyCommitted(context: StepContext): void {
  const { state, options } = context
  const last = Math.min(state.commit, state.log.durable)
  if (last <= state.applied || state.installing !== null || state.lacks > 0 || state.applying) return
  const isPaged = options.maxApplyBytes < Number.MAX_SAFE_INTEGER
  let entries: readonly Entry[] = isPaged
    ? entriesFrom(state.log, state.applied + 1, options.maxApplyBytes)
    : entriesBetween(state.log, state.applied + 1, last)
  if (entries.length > last - state.applied) entries = entries.slice(0, last - state.applied)
  state.applied += entries.length
  state.applying = state.applied < last
  emit(context, { kind: 'apply', entries, hasMore: state.applying })
}

/** The process has applied what was handed out, and takes more. */
export function onApplied(context: StepContext): void {
  context.state.applying = false
  applyCommitted(context)
}
