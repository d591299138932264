import type { Model } from '../../../sim/check/model.js'

/**
 * Two-phase commit after Lamport's TLA+ specification `TwoPhase` (Gray and Lamport, "Consensus on Transaction Commit", 2006): messages are a set
 * that only grows. Stateright's example of it counts 288 unique states with 3 resource managers, and 8,832 with 5.
 */
export interface TwoPhaseState {
  readonly managers: readonly ('working' | 'prepared' | 'committed' | 'aborted')[]
  readonly transaction: 'init' | 'committed' | 'aborted'
  readonly prepared: ReadonlySet<number>
  readonly messages: ReadonlySet<string>
}

export type TwoPhaseAction =
  | { readonly kind: 'transaction-commits' | 'transaction-aborts' }
  | { readonly kind: 'transaction-hears' | 'prepares' | 'chooses-to-abort' | 'hears-commit' | 'hears-abort'; readonly manager: number }

export function twoPhaseCommit(managers: number): Model<TwoPhaseState, TwoPhaseAction> {
  const ids = Array.from({ length: managers }, (_, id) => id)
  return {
    initial: () => [{ managers: ids.map(() => 'working'), transaction: 'init', prepared: new Set(), messages: new Set() }],
    actions: ({ managers: states, transaction, prepared, messages }) => {
      const actions: TwoPhaseAction[] = []
      const isOpen = transaction === 'init'
      if (isOpen && prepared.size === managers) actions.push({ kind: 'transaction-commits' })
      if (isOpen) actions.push({ kind: 'transaction-aborts' })
      for (const manager of ids) {
        if (isOpen && messages.has(`prepared ${manager}`)) actions.push({ kind: 'transaction-hears', manager })
        if (states[manager] === 'working') actions.push({ kind: 'prepares', manager }, { kind: 'chooses-to-abort', manager })
        if (messages.has('commit')) actions.push({ kind: 'hears-commit', manager })
        if (messages.has('abort')) actions.push({ kind: 'hears-abort', manager })
      }
      return actions
    },
    next: (state, action) => {
      const become = (manager: number, to: TwoPhaseState['managers'][number]) => state.managers.map((was, id) => (id === manager ? to : was))
      switch (action.kind) {
        case 'transaction-commits':
          return { ...state, transaction: 'committed', messages: new Set(['commit', ...state.messages]) }
        case 'transaction-aborts':
          return { ...state, transaction: 'aborted', messages: new Set([...state.messages, 'abort']) }
        case 'transaction-hears':
          return { ...state, prepared: new Set([...state.prepared, action.manager]) }
        case 'prepares':
          return { ...state, managers: become(action.manager, 'prepared'), messages: new Set([...state.messages, `prepared ${action.manager}`]) }
        case 'chooses-to-abort':
        case 'hears-abort':
          return { ...state, managers: become(action.manager, 'aborted') }
        case 'hears-commit':
          return { ...state, managers: become(action.manager, 'committed') }
      }
    },
    properties: [
      { name: 'consistent', kind: 'always', holds: ({ managers: states }) => !(states.includes('committed') && states.includes('aborted')) },
      { name: 'commit agreement', kind: 'sometimes', holds: ({ managers: states }) => states.every((state) => state === 'committed') },
      { name: 'abort agreement', kind: 'sometimes', holds: ({ managers: states }) => states.every((state) => state === 'aborted') },
    ],
  }
}
