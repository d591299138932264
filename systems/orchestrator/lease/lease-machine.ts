import type { Effect, Machine } from '../../../sim/check/machine.js'
import type { Nanos } from '../../../sim/host/seam.js'
import type { SessionState } from '../storage/storage-api.js'

/**
 * A machine's lease on what it runs. It runs guests only in a session that the storage has opened, and only for a time after the storage last said that the session
 * is open, counted from when it was asked: what a hardware watchdog that is fed by the storage does (sanlock and wdmd, SBD). Who wants the machine's VMs elsewhere
 * blocks the session, waits longer than that, and needs no answer.
 */
export interface LeaseState {
  /** null: the storage has opened none yet. */
  session: number | null
  /** Sessions that were tried in this life of the machine. */
  tried: number
  /** When the watchdog fires, by the machine's clock; null: it was never fed in this session. */
  deadline: Nanos | null
  /** Guests may run, as of the last look at the clock. */
  isFed: boolean
}

/** To the storage, and its answer. `askedAt`: by the machine's clock. */
export type LeaseMessage =
  | { readonly kind: 'ask'; readonly isNew: boolean; readonly session: number; readonly askedAt: Nanos }
  | { readonly kind: 'answer'; readonly isNew: boolean; readonly session: number; readonly askedAt: Nanos; readonly state: SessionState }

export type LeaseInput =
  /** It is time to ask the storage. */
  | { readonly kind: 'keep-alive'; readonly now: Nanos }
  /** To be told first at every entrance: a machine that stood still does not know it. */
  | { readonly kind: 'look'; readonly now: Nanos }
  /** Whatever runs is ended: by the machine itself, or by its power. */
  | { readonly kind: 'end'; readonly why: string }

export type LeaseEvent =
  | { readonly kind: 'opened'; readonly session: number }
  /** Guests may run, or must not. */
  | { readonly kind: 'fed'; readonly isFed: boolean }
  /** All guests are to be ended, and what was known of the session forgotten. */
  | { readonly kind: 'over'; readonly session: number; readonly isBlocked: boolean; readonly why: string }

export type LeaseMachine = Machine<LeaseState, LeaseMessage, null, LeaseInput, never, LeaseEvent>
type LeaseEffect = Effect<LeaseMessage, null, never, LeaseEvent>

export const storageNode = 0

/** `patience`: how long a yes of the storage lasts. `life`: of the machine; sessions of one life never meet those of another. */
export function leaseMachine(patience: Nanos, life: number): LeaseMachine {
  return {
    boot: () => ({ state: { session: null, tried: 0, deadline: null, isFed: false }, effects: [] }),
    persist: () => null,
    step(state, event) {
      if (event.kind === 'message') return event.message.kind === 'answer' ? answered(state, event.message, patience) : []
      if (event.kind !== 'input') return []
      const { input } = event
      switch (input.kind) {
        case 'keep-alive': {
          const isNew = state.session === null
          const session = state.session ?? life * 1_000 + state.tried + 1
          return [{ kind: 'send', to: storageNode, message: { kind: 'ask', isNew, session, askedAt: input.now } }]
        }
        case 'look':
          return setFed(state, state.deadline !== null && input.now < state.deadline)
        case 'end':
          return end(state, false, input.why)
      }
    },
  }
}

/** What it says of the clock is told by the look that follows. */
function answered(state: LeaseState, { isNew, session, askedAt, state: answer }: LeaseMessage & { kind: 'answer' }, patience: Nanos): LeaseEffect[] {
  if (isNew ? state.session !== null : state.session !== session) return []
  if (answer !== 'open') {
    if (!isNew) return end(state, true, 'the storage has blocked the session')
    state.tried++
    return []
  }
  state.deadline = Math.max(state.deadline ?? 0, askedAt + patience)
  if (!isNew) return []
  state.session = session
  state.tried++
  return [{ kind: 'emit', event: { kind: 'opened', session } }]
}

function end(state: LeaseState, isBlocked: boolean, why: string): LeaseEffect[] {
  const { session } = state
  if (session === null) return []
  state.session = null
  state.deadline = null
  state.isFed = false
  return [{ kind: 'emit', event: { kind: 'over', session, isBlocked, why } }]
}

function setFed(state: LeaseState, isFed: boolean): LeaseEffect[] {
  if (state.isFed === isFed) return []
  state.isFed = isFed
  return [{ kind: 'emit', event: { kind: 'fed', isFed } }]
}

/** How long after a session was blocked its machine is sure to run nothing, whatever its clock: crystals differ by far less than a tenth. */
export function fenceWait(patience: Nanos): Nanos {
  return Math.ceil(patience * 1.1)
}
