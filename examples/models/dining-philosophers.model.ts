import { modelFamily, type Rule, ruleModel } from 'seedfall'

/**
 * Dijkstra's philosophers around a table, a fork between each two. Each takes one fork, then the other, eats, and leaves. When all take the left one first they
 * may all sit there with one; when one of them takes the right one first they never do.
 */
export default modelFamily({
  name: 'dining-philosophers',
  means: 'philosophers who share forks, and may all starve',
  settings: {
    philosophers: { kind: 'number', standard: 3, least: 2, most: 10, means: 'how many there are' },
    oneIsLeftHanded: { kind: 'flag', standard: false, means: 'whether the last of them takes the other fork first' },
  },
  make: ({ philosophers, oneIsLeftHanded }) => diningPhilosophers(philosophers, oneIsLeftHanded),
})

/** A philosopher's place in the meal, or who holds a fork. */
type Part = 'thinks' | 'has one fork' | 'eats' | 'has left' | 'free' | number

export interface DiningAction {
  readonly kind: 'takes the first fork' | 'takes the second fork' | 'leaves'
  readonly philosopher: number
}

export function diningPhilosophers(count: number, oneIsLeftHanded: boolean) {
  const ids = Array.from({ length: count }, (_, id) => id)
  const rule = (id: number): Rule<Part, DiningAction> => {
    const forks = [count + id, count + ((id + 1) % count)]
    if (oneIsLeftHanded && id === count - 1) forks.reverse()
    return {
      parts: [id, ...forks],
      steps: (own, first, second) => {
        const does = (kind: DiningAction['kind'], ...parts: Part[]) => [{ action: { kind, philosopher: id }, parts }]
        if (own === 'thinks' && first === 'free') return does('takes the first fork', 'has one fork', id, second as Part)
        if (own === 'has one fork' && second === 'free') return does('takes the second fork', 'eats', first as Part, id)
        if (own === 'eats') return does('leaves', 'has left', 'free', 'free')
        return []
      },
    }
  }
  const all = (parts: readonly Part[], what: Part) => ids.every((id) => parts[id] === what)
  return ruleModel<Part, DiningAction>({
    initial: () => [[...ids.map(() => 'thinks' as const), ...ids.map(() => 'free' as const)]],
    rules: ids.map(rule),
    properties: [
      { name: 'no deadlock', kind: 'always', holds: (parts) => !all(parts, 'has one fork'), explain: () => 'each holds one fork, and waits for the next' },
      ...(count < 4
        ? []
        : [{ name: 'two eat together', kind: 'sometimes', holds: (parts: readonly Part[]) => ids.filter((id) => parts[id] === 'eats').length >= 2 } as const]),
      { name: 'all have eaten', kind: 'eventually', holds: (parts) => all(parts, 'has left') },
    ],
    describe: ({ kind, philosopher }) => `philosopher ${philosopher} ${kind}`,
  })
}
