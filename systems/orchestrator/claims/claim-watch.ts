import type { Machine } from '../../../sim/check/machine.js'
import type { Nanos } from '../../../sim/host/seam.js'

/** A VM that was claimed warm, and whose host has not yet said that its guest has become who it is to be. */
export interface Becoming {
  readonly vm: string
  readonly generation: number
}

/** When the leader saw a claim first, by VM: a later leader counts anew. */
export interface ClaimWatchState {
  since: Record<string, Nanos>
}

export interface LookInput {
  readonly kind: 'look'
  readonly now: Nanos
  readonly becoming: readonly Becoming[]
}

/** It is to be given up where it is, and booted where it can be. */
export interface LapsedEvent extends Becoming {
  readonly kind: 'lapsed'
}

export type ClaimWatchMachine = Machine<ClaimWatchState, never, null, LookInput, never, LapsedEvent>

/** A claim on a warm VM lasts for a while only. `patience`: that long, from when the leader saw it first. */
export function claimWatchMachine(patience: Nanos): ClaimWatchMachine {
  return {
    boot: () => ({ state: { since: {} }, effects: [] }),
    persist: () => null,
    step(state, event) {
      if (event.kind !== 'input') return []
      const { now, becoming } = event.input
      const since: Record<string, Nanos> = {}
      for (const { vm } of becoming) since[vm] = state.since[vm] ?? now
      state.since = since
      const lapsed = becoming.filter(({ vm }) => now - (since[vm] as Nanos) >= patience)
      return lapsed.map(({ vm, generation }) => ({ kind: 'emit', event: { kind: 'lapsed', vm, generation } }))
    },
  }
}
