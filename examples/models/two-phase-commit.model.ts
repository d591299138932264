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

/** Sets of resource managers are numbers, a bit for each. */
type Part = ManagerState | TransactionManager | Messages

interface TransactionManager {
  readonly state: 'init' | 'committed' | 'aborted'
  /** Whom it heard that they are prepared. */
  readonly prepared: number
}

interface Messages {
  /** Who said that it is prepared. */
  readonly prepared: number
  readonly decision: 'commit' | 'abort' | null
}

export type TwoPhaseAction =
  | { readonly kind: 'transaction-commits' | 'transaction-aborts' }
  | { readonly kind: 'transaction-hears' | 'prepares' | 'chooses-to-abort' | 'hears-commit' | 'hears-abort'; readonly manager: number }

export function twoPhaseCommit(managers: number) {
  const everyone = (1 << managers) - 1
  const ids = Array.from({ length: managers }, (_, id) => id)
  const [transaction, messages] = [managers, managers + 1]
  const managersOf = (parts: readonly Part[]) => parts.slice(0, managers) as ManagerState[]

  const transactionRule: Rule<Part, TwoPhaseAction> = {
    parts: [transaction, messages],
    steps: (...parts) => {
      const [manager, sent] = parts as [TransactionManager, Messages]
      if (manager.state !== 'init') return []
      const aborts = {
        action: { kind: 'transaction-aborts' },
        parts: [
          { ...manager, state: 'aborted' },
          { ...sent, decision: 'abort' },
        ],
      } as const
      if (manager.prepared !== everyone) return [aborts]
      return [
        {
          action: { kind: 'transaction-commits' },
          parts: [
            { ...manager, state: 'committed' },
            { ...sent, decision: 'commit' },
          ],
        },
        aborts,
      ]
    },
  }

  const managerRule = (id: number): Rule<Part, TwoPhaseAction> => ({
    parts: [id, transaction, messages],
    steps: (...parts) => {
      const [own, manager, sent] = parts as [ManagerState, TransactionManager, Messages]
      const bit = 1 << id
      const becomes = (kind: 'prepares' | 'chooses-to-abort' | 'hears-commit' | 'hears-abort', state: ManagerState, said = sent) => ({
        action: { kind, manager: id },
        parts: [state, manager, said],
      })
      return [
        ...(manager.state === 'init' && (sent.prepared & bit) !== 0
          ? [{ action: { kind: 'transaction-hears', manager: id } as const, parts: [own, { ...manager, prepared: manager.prepared | bit }, sent] }]
          : []),
        ...(own === 'working' ? [becomes('prepares', 'prepared', { ...sent, prepared: sent.prepared | bit }), becomes('chooses-to-abort', 'aborted')] : []),
        ...(sent.decision === 'commit' ? [becomes('hears-commit', 'committed')] : []),
        ...(sent.decision === 'abort' ? [becomes('hears-abort', 'aborted')] : []),
      ]
    },
  })

  const permute = (parts: readonly Part[], permutation: readonly number[]): readonly Part[] => {
    const renamed = parts.slice()
    for (const id of ids) renamed[permutation[id] as number] = parts[id] as Part
    const bits = (set: number) => ids.reduce((sum, id) => sum | (((set >> id) & 1) << (permutation[id] as number)), 0)
    const [manager, sent] = parts.slice(managers) as [TransactionManager, Messages]
    renamed[transaction] = { ...manager, prepared: bits(manager.prepared) }
    renamed[messages] = { ...sent, prepared: bits(sent.prepared) }
    return renamed
  }
  const rank = (state: ManagerState) => managerStates.indexOf(state)

  return ruleModel<Part, TwoPhaseAction>({
    initial: () => [[...ids.map(() => 'working' as const), { state: 'init', prepared: 0 }, { prepared: 0, decision: null }]],
    rules: [transactionRule, ...ids.map(managerRule)],
    properties: [
      { name: 'abort agreement', kind: 'sometimes', holds: (parts) => managersOf(parts).every((state) => state === 'aborted') },
      { name: 'commit agreement', kind: 'sometimes', holds: (parts) => managersOf(parts).every((state) => state === 'committed') },
      {
        name: 'consistent',
        kind: 'always',
        holds: (parts) => {
          let hasCommitted = false
          let hasAborted = false
          for (let id = 0; id < managers; id++) {
            if (parts[id] === 'committed') hasCommitted = true
            else if (parts[id] === 'aborted') hasAborted = true
          }
          return !(hasCommitted && hasAborted)
        },
        explain: (parts) => `one has committed and another aborted: ${managersOf(parts).join(', ')}`,
      },
    ],
    symmetry: {
      size: managers,
      permute,
      signature: (parts, id) => {
        const [manager, sent] = parts.slice(managers) as [TransactionManager, Messages]
        return `${parts[id]} ${(manager.prepared >> id) & 1} ${(sent.prepared >> id) & 1}`
      },
      representative: (parts) =>
        permute(
          parts,
          sortedPlaces(managersOf(parts), (a, b) => rank(a) - rank(b)),
        ),
    },
    describe: (action) => ('manager' in action ? `${action.kind} ${action.manager}` : action.kind),
  })
}
