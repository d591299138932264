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
