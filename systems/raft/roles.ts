import type { MemberId } from './messages.js'
import { rejectReads } from './read-index.js'
import { dropReadLease } from './read-lease.js'
import { type StepContext, saveHardState } from './state.js'

/** A newer term: this member follows in it, and knows no leader yet. */
export function adoptTerm(context: StepContext, term: number): void {
  const { state } = context
  state.term = term
  state.verified = state.commit
  state.vote = null
  saveHardState(context)
  becomeFollower(context)
}

/** In the term it is in, without a known leader. */
export function becomeFollower(context: StepContext): void {
  const { state, effects, timers, options } = context
  const wasLeader = state.role === 'leader'
  state.role = 'follower'
  state.leader = null
  state.votes = []
  state.isResting = false
  if (wasLeader) {
    state.progress = []
    state.forwarded = []
    state.uncommittedBytes = 0
    effects.push(timers.cancelHeartbeat, timers.cancelCheckQuorum)
    rejectReads(context)
    dropReadLease(context)
    if (state.transfer !== null) {
      state.transfer = null
      effects.push(timers.cancelTransfer)
    }
  }
  // A leader that answers reads by its lease counts on this member's patience: it lasts, whatever is heard of later terms.
  if (state.leased && options.leaseReadsDriftPpm !== null) return
  if (state.leased) {
    state.leased = false
    effects.push(timers.cancelLease)
  }
  effects.push(timers.election)
}

/** The leader of this term was heard: its lease runs anew. */
export function followLeader(context: StepContext, leader: MemberId): void {
  const { state, effects, timers } = context
  if (state.role !== 'follower') becomeFollower(context)
  state.leader = leader
  state.isResting = false
  if (!state.leased) {
    state.leased = true
    effects.push(timers.cancelElection)
  }
  effects.push(timers.lease)
}
