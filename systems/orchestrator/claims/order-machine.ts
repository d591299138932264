import type { Effect, Machine } from '../../../sim/check/machine.js'
import type { Command, CommandResult } from '../control/commands.js'

/**
 * An order at the replica that leads. Where a VM is to go is chosen by what is known when it is chosen; whether the claim stands is decided where it is committed,
 * and until then others may have been faster. Whose claim comes too late chooses again, in the knowledge of who was.
 */
export interface OrderState {
  /** `choosing`: a place is looked for. `proposed`: whether the claim stands is not known yet. */
  phase: 'new' | 'choosing' | 'proposed' | 'answered'
  /** Claims that were made. */
  claims: number
}

/** To the replicated state, and what it came to there. */
export type OrderMessage = { readonly kind: 'propose'; readonly command: Command } | { readonly kind: 'result'; readonly result: CommandResult }

export type OrderInput =
  | { readonly kind: 'begin' }
  /** The order with the place that was chosen. */
  | { readonly kind: 'chosen'; readonly command: Command }

export type OrderEvent = { readonly kind: 'choose' } | { readonly kind: 'too-late' } | { readonly kind: 'answer'; readonly result: CommandResult }

export type OrderMachine = Machine<OrderState, OrderMessage, null, OrderInput, never, OrderEvent>
type OrderEffect = Effect<OrderMessage, null, never, OrderEvent>

export const replicatedNode = 0

/** `mostClaims`: after so many that came too late it is answered that there is no place. */
export function orderMachine(mostClaims: number): OrderMachine {
  return {
    boot: () => ({ state: { phase: 'new', claims: 0 }, effects: [] }),
    persist: () => null,
    step(state, event) {
      if (event.kind === 'message') return event.message.kind === 'result' && state.phase === 'proposed' ? decided(state, event.message.result, mostClaims) : []
      if (event.kind !== 'input') return []
      if (event.input.kind === 'begin') return state.phase === 'new' ? choose(state) : []
      if (state.phase !== 'choosing') return []
      state.phase = 'proposed'
      state.claims++
      return [{ kind: 'send', to: replicatedNode, message: { kind: 'propose', command: event.input.command } }]
    },
  }
}

function decided(state: OrderState, result: CommandResult, mostClaims: number): OrderEffect[] {
  const isTooLate = result.kind === 'refused' && result.why === 'claim-lost'
  const noted: OrderEffect[] = isTooLate ? [{ kind: 'emit', event: { kind: 'too-late' } }] : []
  if (isTooLate && state.claims < mostClaims) return [...noted, ...choose(state)]
  state.phase = 'answered'
  return [...noted, { kind: 'emit', event: { kind: 'answer', result } }]
}

function choose(state: OrderState): OrderEffect[] {
  state.phase = 'choosing'
  return [{ kind: 'emit', event: { kind: 'choose' } }]
}
