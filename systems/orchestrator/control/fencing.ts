import type { Effect, Machine } from '../../../sim/check/machine.js'
import type { Nanos } from '../../../sim/host/seam.js'
import type { SessionState } from '../storage/storage-api.js'

/** How far the fencing of one session is. */
export interface Fence {
  /** When the storage said that it refuses the session: whatever was asked before that may still run; null: it has not. */
  readonly blockedAt: Nanos | null
  readonly isConfirmed: boolean
}

export const unfenced: Fence = { blockedAt: null, isConfirmed: false }

export type FenceEvent =
  /** What the storage answered to the wish to block the session. */
  | { readonly kind: 'storage'; readonly state: SessionState }
  /** The machine's power is off, or the machine has ended all that ran in the session. */
  | { readonly kind: 'power-off' }
  | { readonly kind: 'time' }

/**
 * A host is fenced when nothing of its session can write (the storage refuses it) and nothing of it runs any more: it said so itself, its power is off, or its
 * watchdog was not fed for longer than it waits. `wait`: that long.
 */
export function fenceStep(fence: Fence, event: FenceEvent, now: Nanos, wait: Nanos): Fence {
  if (fence.isConfirmed) return fence
  switch (event.kind) {
    case 'storage':
      if (event.state === 'closed') return { blockedAt: fence.blockedAt ?? now, isConfirmed: true }
      if (event.state === 'unknown') return fence
      return { blockedAt: fence.blockedAt ?? now, isConfirmed: false }
    case 'power-off':
      // The storage comes first: what the machine sent before may be on its way.
      return fence.blockedAt === null ? fence : { ...fence, isConfirmed: true }
    case 'time':
      return fence.blockedAt !== null && now - fence.blockedAt >= wait ? { ...fence, isConfirmed: true } : fence
  }
}

/** To the storage: block it. To the machine's power: off. And what was answered; `at`: when the answer came. */
export type FenceMessage =
  | { readonly kind: 'block' | 'power-off' }
  | { readonly kind: 'answer'; readonly state: SessionState; readonly at: Nanos }
  | { readonly kind: 'off'; readonly at: Nanos }

export interface FenceState {
  fence: Fence
}

export type FenceInput = { readonly kind: 'try' } | { readonly kind: 'time'; readonly now: Nanos }
export type FenceEmitted = { readonly kind: 'confirmed' }
export type FenceMachine = Machine<FenceState, FenceMessage, null, FenceInput, never, FenceEmitted>

export const fenceNodes = { storage: 0, machine: 1 } as const

/** The fencing of one session, as often as it is tried: the storage first, then the machine's power, then time. `wait`: longer than any watchdog. */
export function fenceMachine(wait: Nanos): FenceMachine {
  return {
    boot: () => ({ state: { fence: unfenced }, effects: [] }),
    persist: () => null,
    step(state, event) {
      const before = state.fence
      const effects: Effect<FenceMessage, null, never, FenceEmitted>[] = []
      if (event.kind === 'input' && event.input.kind === 'try') effects.push({ kind: 'send', to: fenceNodes.storage, message: { kind: 'block' } })
      else if (event.kind === 'input' && event.input.kind === 'time') state.fence = fenceStep(before, { kind: 'time' }, event.input.now, wait)
      else if (event.kind === 'message' && event.message.kind === 'answer') {
        const { state: answer, at } = event.message
        state.fence = fenceStep(fenceStep(before, { kind: 'storage', state: answer }, at, wait), { kind: 'time' }, at, wait)
        if (state.fence.blockedAt !== null && !state.fence.isConfirmed) effects.push({ kind: 'send', to: fenceNodes.machine, message: { kind: 'power-off' } })
      } else if (event.kind === 'message' && event.message.kind === 'off') state.fence = fenceStep(before, { kind: 'power-off' }, event.message.at, wait)
      // Said again as often as it is tried: whoever was told may not have been able to make it known.
      if (state.fence.isConfirmed && effects.length === 0) effects.push({ kind: 'emit', event: { kind: 'confirmed' } })
      return effects
    },
  }
}
