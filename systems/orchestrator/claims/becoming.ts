import type { Machine } from '../../../sim/check/machine.js'

/** Who a guest is, as far as a claim on it matters: one that was booted warm is nobody, and becomes somebody once. */
export interface BecomingState {
  readonly generation: number
  isRunning: boolean
  /** It has an address, and may be on the network. */
  isSomebody: boolean
  generationId: string
}

/** From the agent: who the guest is to be, of which placement. */
export interface IdentifyMessage {
  readonly kind: 'identify'
  readonly generation: number
  readonly generationId: string
}

export type BecomingEvent =
  /** It is told who it is, and comes on the network after that. */
  { readonly kind: 'become' } | { readonly kind: 'is-already' } | { readonly kind: 'refused'; readonly why: string }

export type BecomingMachine = Machine<BecomingState, IdentifyMessage, null, never, never, BecomingEvent>

export const becomingMachine: BecomingMachine = {
  boot: () => ({ state: { generation: 1, isRunning: false, isSomebody: false, generationId: '' }, effects: [] }),
  persist: () => null,
  step: (state, event) => (event.kind === 'message' ? [{ kind: 'emit', event: identify(state, event.message) }] : []),
}

function identify(state: BecomingState, { generation, generationId }: IdentifyMessage): BecomingEvent {
  if (state.generation !== generation || !state.isRunning) return { kind: 'refused', why: 'it does not run here' }
  if (state.generationId === generationId) return { kind: 'is-already' }
  if (state.isSomebody) return { kind: 'refused', why: 'it is somebody already' }
  state.isSomebody = true
  state.generationId = generationId
  return { kind: 'become' }
}
