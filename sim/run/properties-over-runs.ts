import type { PropertyCount } from './report.js'

/** A property counted over many runs. */
export interface PropertyOverRuns extends PropertyCount {
  /** Runs in which it was stated. */
  readonly runs: number
}

/** What is said of many runs of one scenario. */
export interface OverRuns {
  readonly runs: number
  /** Sorted by name. */
  readonly properties: readonly PropertyOverRuns[]
  /**
   * Each `sometimes` that never held and each `reachable` that was never reached in any run, those included that were expected and no process ever
   * stated: places that the runs do not get to, so that whatever is wrong there is not found either.
   */
  readonly neverMet: readonly PropertyOverRuns[]
}

/**
 * Merges what runs count of their properties (`report.properties`). `expected` names the `sometimes` and `reachable` properties that must be met though
 * no process may ever come to where it states them: a scenario's `mustMeet`.
 */
export function propertiesOver(reports: Iterable<{ readonly properties: readonly PropertyCount[] }>, expected: readonly string[] = []): OverRuns {
  const totals = new Map<string, { name: string; kind: PropertyCount['kind']; runs: number; reached: number; held: number }>()
  let runs = 0
  for (const { properties } of reports) {
    runs++
    for (const { name, kind, reached, held } of properties) {
      const total = totals.get(name)
      if (total === undefined) totals.set(name, { name, kind, runs: 1, reached, held })
      else {
        total.runs++
        total.reached += reached
        total.held += held
      }
    }
  }
  for (const name of expected) if (!totals.has(name)) totals.set(name, { name, kind: 'reachable', runs: 0, reached: 0, held: 0 })
  const properties = [...totals.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  return { runs, properties, neverMet: properties.filter(({ kind, held }) => (kind === 'sometimes' || kind === 'reachable') && held === 0) }
}

/** What was never met, in a line each, for people; nothing when all was. `placesOf` says where a property is stated (`catalogue/`). */
export function describeNeverMet({ runs, neverMet }: OverRuns, placesOf: (name: string) => readonly string[] = () => []): string {
  return neverMet
    .map(({ name, kind, reached }) => {
      const times = reached === 0 ? 'never reached' : `asked ${reached} ${reached === 1 ? 'time' : 'times'} and never true`
      const places = placesOf(name)
      return `'${name}' (${kind}): ${times} in ${runs} ${runs === 1 ? 'run' : 'runs'}${places.length === 0 ? '' : `, stated at ${places.join(' and ')}`}`
    })
    .join('\n')
}
