import { modelFamily, type Rule, ruleModel, sortedPlaces } from 'seedfall'

/**
 * Two-phase commit after Lamport's TLA+ specification `TwoPhase` (Gray and Lamport, "Consensus on Transaction Commit", 2006): a transaction manager and resource
 * managers; messages are a set that only grows, so that each may be heard again at any time.
 */
export default modelFamily({
  name: 'two-phase-commit',
  means: 'a transaction manager and resource managers that commit all or nothing',
  settings: { resourceManagers: { kind: 'number', standard: 3, least: 1, most: 12, means: 'how many there are' } },
  make: ({ resourceManagers }) => twoPhaseCommit(resourceManagers),
})

const managerStates = ['working', 'prepared', 'committed', 'aborted'] as const
type ManagerState = (typeof managerStates)[number]

/**
 * The set of messages and the set of those that the transaction manager heard of lie with the resource managers that they are about: so each rule looks at little, and what
 * it makes of it is soon known.
 */
type Part = ResourceManager | TransactionManager | Decision

interface ResourceManager {
  readonly state: ManagerState
  /** There is a message that it is prepared. */
  readonly hasSaid: boolean
  /** The transaction manager heard it. */
  readonly isHeard: boolean
}

interface TransactionManager {
  readonly state: 'init' | 'committed' | 'aborted'
  /** How many resource managers it heard are prepared. */
  readonly heard: number
}

/** There is a message of it. */
type Decision = 'commit' | 'abort' | null

export type TwoPhaseAction =
  | { readonly kind: 'transaction-commits' | 'transaction-aborts' }
  | { readonly kind: 'transaction-hears' | 'prepares' | 'chooses-to-abort' | 'hears-commit' | 'hears-abort'; readonly manager: number }

export function twoPhaseCommit(managers: number) {
  const ids = Array.from({ length: managers }, (_, id) => id)
  const [transaction, decision] = [managers, managers + 1]
  const stateOf = (parts: readonly Part[], id: number) => (parts[id] as ResourceManager).state
  const statesOf = (parts: readonly Part[]) => ids.map((id) => stateOf(parts, id))

  const transactionRule: Rule<Part, TwoPhaseAction> = {
    parts: [transaction, decision],
    steps: (...parts) => {
      const [manager] = parts as [TransactionManager, Decision]
      if (manager.state !== 'init') return []
      const aborts = { action: { kind: 'transaction-aborts' }, parts: [{ ...manager, state: 'aborted' }, 'abort'] } as const
      if (manager.heard !== managers) return [aborts]
      return [{ action: { kind: 'transaction-commits' }, parts: [{ ...manager, state: 'committed' }, 'commit'] }, aborts]
    },
  }

  const managerRule = (id: number): Rule<Part, TwoPhaseAction> => ({
    parts: [id, transaction, decision],
    steps: (...parts) => {
      const [own, manager, decided] = parts as [ResourceManager, TransactionManager, Decision]
      const becomes = (kind: 'prepares' | 'chooses-to-abort' | 'hears-commit' | 'hears-abort', state: ManagerState, hasSaid = own.hasSaid) => ({
        action: { kind, manager: id },
        parts: [{ ...own, state, hasSaid }, manager, decided],
      })
      const heard = own.isHeard ? manager : { ...manager, heard: manager.heard + 1 }
      return [
        ...(manager.state === 'init' && own.hasSaid
          ? [{ action: { kind: 'transaction-hears', manager: id } as const, parts: [{ ...own, isHeard: true }, heard, decided] }]
          : []),
        ...(own.state === 'working' ? [becomes('prepares', 'prepared', true), becomes('chooses-to-abort', 'aborted')] : []),
        ...(decided === 'commit' ? [becomes('hears-commit', 'committed')] : []),
        ...(decided === 'abort' ? [becomes('hears-abort', 'aborted')] : []),
      ]
    },
  })

  const permute = (parts: readonly Part[], permutation: readonly number[]): readonly Part[] => {
    const renamed = parts.slice()
    for (const id of ids) renamed[permutation[id] as number] = parts[id] as Part
    return renamed
  }
  const rank = (state: ManagerState) => managerStates.indexOf(state)

  return ruleModel<Part, TwoPhaseAction>({
    initial: () => [[...ids.map(() => ({ state: 'working', hasSaid: false, isHeard: false }) as const), { state: 'init', heard: 0 }, null]],
    rules: [transactionRule, ...ids.map(managerRule)],
    properties: [
      { name: 'abort agreement', kind: 'sometimes', holds: (parts) => ids.every((id) => stateOf(parts, id) === 'aborted') },
      { name: 'commit agreement', kind: 'sometimes', holds: (parts) => ids.every((id) => stateOf(parts, id) === 'committed') },
      {
        name: 'consistent',
        kind: 'always',
        holds: (parts) => {
          let hasCommitted = false
          let hasAborted = false
          for (let id = 0; id < managers; id++) {
            const state = stateOf(parts, id)
            if (state === 'committed') hasCommitted = true
            else if (state === 'aborted') hasAborted = true
          }
          return !(hasCommitted && hasAborted)
        },
        explain: (parts) => `one has committed and another aborted: ${statesOf(parts).join(', ')}`,
      },
    ],
    symmetry: {
      size: managers,
      permute,
      signature: (parts, id) => {
        const { state, hasSaid, isHeard } = parts[id] as ResourceManager
        return `${state} ${hasSaid} ${isHeard}`
      },
      representative: (parts) =>
        permute(
          parts,
          sortedPlaces(statesOf(parts), (a, b) => rank(a) - rank(b)),
        ),
    },
    describe: (action) => ('manager' in action ? `${action.kind} ${action.manager}` : action.kind),
  })
}
