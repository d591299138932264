import type { History } from '../history.js'
import { LinearizationSearch } from './linearization-search.js'
import type { SequentialModel } from './sequential-model.js'

export interface SearchBudget {
  /** How often a model may be applied before the answer is `unknown`: counted, not timed, so that every machine gives the same answer. 20 million when not given. */
  readonly maxSteps?: number
  /**
   * How many configurations are kept at once before the answer is `unknown`, each of 150 to 300 bytes: 2 million when not given. Above it the partition with
   * the most is given up, and its memory freed.
   */
  readonly maxConfigurations?: number
  /** Asked between slices of at most 100,000 steps; `true` ends the search with `unknown`. For callers with a clock: what it says hangs on the machine. */
  readonly isOutOfTime?: () => boolean
}

export interface KeySearch<Op, Result> {
  readonly key: string | number | undefined
  readonly search: LinearizationSearch<Op, Result>
}

export interface SearchedInTurns<Op, Result> {
  readonly steps: number
  readonly faults: readonly KeySearch<Op, Result>[]
  readonly undecided: readonly KeySearch<Op, Result>[]
}

/**
 * Searches the partitions in turns, whose slices double: what is easy is decided in the first turn, and no hard partition starves another. The turn in which a
 * fault was found is finished, and is the last.
 */
export function searchInTurns<Op, Result>(
  model: SequentialModel<Op, Result>,
  parts: readonly { readonly key: string | number | undefined; readonly records: History<Op, Result> }[],
  { maxSteps = defaultMaxSteps, maxConfigurations = 2_000_000, isOutOfTime = () => false }: SearchBudget,
): SearchedInTurns<Op, Result> {
  let steps = 0
  let kept = 0
  const faults: KeySearch<Op, Result>[] = []
  const givenUp: KeySearch<Op, Result>[] = []
  /** undefined: not begun. */
  let working: {
    readonly key: string | number | undefined
    readonly begin: () => LinearizationSearch<Op, Result>
    search?: LinearizationSearch<Op, Result>
  }[] = parts.map(({ key, records }) => ({ key, begin: () => LinearizationSearch.of(model, records) }))
  for (let slice = firstSlice; working.length > 0 && faults.length === 0; slice = Math.min(2 * slice, longestSlice)) {
    const left: typeof working = []
    for (const [index, part] of working.entries()) {
      part.search ??= part.begin()
      const { key, search } = part
      if (steps >= maxSteps || isOutOfTime()) {
        // Those not begun yet are taken up, so that each has a place to show.
        for (const one of [...left, ...working.slice(index)]) {
          const begun = one.search ?? one.begin()
          if (begun.advance(0) === 'no') faults.push({ key: one.key, search: begun })
          else if (begun.result().verdict !== 'yes') givenUp.push({ key: one.key, search: begun })
        }
        return { steps, faults, undecided: givenUp }
      }
      const before = { steps: search.steps, configurations: search.configurations }
      const verdict = search.advance(Math.min(slice, maxSteps - steps))
      steps += search.steps - before.steps
      kept += search.configurations - before.configurations
      if (verdict === 'no') faults.push({ key, search })
      if (verdict === 'working') left.push(part)
      else kept -= search.configurations
      if (kept > maxConfigurations && left.length > 0) {
        const largest = left.reduce((a, b) => (b.search!.configurations > a.search!.configurations ? b : a))
        left.splice(left.indexOf(largest), 1)
        kept -= largest.search!.configurations
        givenUp.push({ key: largest.key, search: largest.search! })
        largest.search!.forget()
      }
    }
    working = left
  }
  return { steps, faults, undecided: givenUp }
}

/** Applications of the model. */
export const defaultMaxSteps = 20_000_000

const firstSlice = 20_000
const longestSlice = 100_000
