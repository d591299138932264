import { Misuse } from '../../sim/host/errors.js'
import { isVoter } from './configuration.js'
import { campaign, mayCampaign } from './election.js'
import { lastIndex } from './log.js'
import type { MemberId } from './messages.js'
import type { Progress } from './progress.js'
import { forfeitReadLease } from './read-lease.js'
import { progressOf, replicate } from './replication.js'
import { type StepContext, send } from './state.js'

/** Leader: `to` is to take over (dissertation 3.10): it gets what it lacks, then the word to campaign. Others than voters cannot. */
export function transferLeadership(context: StepContext, to: MemberId): void {
  const { state, effects, timers } = context
  if (state.role !== 'leader' || to === state.id || to === state.transfer || !isVoter(state.configuration, to)) return
  state.transfer = to
  effects.push(timers.transfer)
  const progress = progressOf(state, to)
  if (progress === undefined) return
  handOver(context, progress)
  if (progress.matched < lastIndex(state.log)) replicate(context, progress, true)
}

/** Whenever the follower has more than before. */
export function handOver(context: StepContext, { member, matched }: Progress): void {
  const { state } = context
  if (state.transfer !== member || matched < lastIndex(state.log)) return
  forfeitReadLease(context)
  send(context, member, { kind: 'timeout-now', term: state.term })
}

/** It took too long: the leader goes on. */
export function onTransferTimer({ state }: StepContext): void {
  state.transfer = null
}

export function onTimeoutNow(context: StepContext): void {
  const { state } = context
  if (state.role === 'follower' && mayCampaign(state)) campaign(context, true)
}

/** Follower: as if its patience with the leader were over, except that it does not campaign before it is. */
export function forgetLeader(context: StepContext): void {
  const { state, options } = context
  if (options.leaseReadsDriftPpm !== null)
    throw new Misuse('a leader that answers reads by its lease cannot be forgotten: it relies on its followers’ patience')
  if (state.role !== 'follower') return
  state.leader = null
  state.leased = false
}
