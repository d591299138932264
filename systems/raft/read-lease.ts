import { beginRound } from './read-index.js'
import type { StepContext } from './state.js'

/** Leader: heartbeats are about to be sent. When their round is answered in time, a lease has run since now (dissertation 6.4.1). */
export function beginReadLease(context: StepContext): void {
  const { state, effects, options, timers } = context
  const { readLease } = state
  if (options.leaseReadsDriftPpm === null || readLease.forfeited) return
  const slot = readLease.held === 0 ? 1 : 0
  if (readLease.rounds[slot] !== 0) return
  effects.push(timers.readLeases[slot])
  readLease.rounds[slot] = beginRound(context)
  confirmReadLease(context)
}

/** A majority has answered another round. */
export function confirmReadLease({ state, effects, timers }: StepContext): void {
  const { readLease, reads } = state
  const slot = readLease.held === 0 ? 1 : 0
  const round = readLease.rounds[slot]
  if (round === 0 || reads.confirmed < round) return
  const { held } = readLease
  readLease.held = slot
  if (held === null) return
  readLease.rounds[held] = 0
  effects.push(timers.cancelReadLeases[held])
}

export function onReadLeaseTimer({ state }: StepContext, slot: 0 | 1): void {
  const { readLease } = state
  readLease.rounds[slot] = 0
  if (readLease.held === slot) readLease.held = null
}

/** The leader holds no lease, and begins none, before a later term. */
export function forfeitReadLease(context: StepContext): void {
  dropReadLease(context)
  context.state.readLease.forfeited = true
}

export function dropReadLease({ state, effects, timers }: StepContext): void {
  const { readLease } = state
  for (const slot of [0, 1] as const) {
    if (readLease.rounds[slot] !== 0) effects.push(timers.cancelReadLeases[slot])
    readLease.rounds[slot] = 0
  }
  readLease.held = null
}
