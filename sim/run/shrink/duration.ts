import type { Nanos } from '../../host/seam.js'
import type { AnyScenario } from '../scenario.js'
import type { Search } from './search.js'
import type { Reproduction } from './trial.js'

/** The shortest duration whose storm lasts until a time: a run keeps its proportion of storm and calm. */
export function durationWithStormUntil({ duration, healAt }: AnyScenario, time: Nanos): Nanos {
  if (healAt === 0) return Number.POSITIVE_INFINITY
  let shortest = Math.max(1, Math.floor((time * duration) / healAt))
  while (healAtOf({ duration, healAt }, shortest) < time) shortest++
  return shortest
}

/** When faults end in a run of this duration. */
export function healAtOf({ duration, healAt }: Pick<AnyScenario, 'duration' | 'healAt'>, durationNanos: Nanos): Nanos {
  return Math.round(healAt * (durationNanos / duration))
}

/** The run is cut off behind its failure, and what was to be injected after it goes. Where it fails at once, nothing before the failure depends on it. */
export async function shortenDuration(search: Search, salts: number): Promise<void> {
  const { scenario } = search
  for (;;) {
    const { recipe, best } = search
    const candidates = shorterDurations(scenario, best)
      .filter((time) => time < recipe.durationNanos)
      .map((durationNanos) => {
        const end = Math.min(best.violation.at, healAtOf(scenario, durationNanos))
        return { ...recipe, durationNanos, injections: recipe.injections.filter(({ at }) => at <= end) }
      })
    if ((await search.first(candidates, salts)) === null || search.best.endsAtViolation) return
  }
}

/** Shortest first. */
function shorterDurations(scenario: AnyScenario, { violation, endsAtViolation, recipe }: Reproduction): Nanos[] {
  const { at } = violation
  const stormy = durationWithStormUntil(scenario, at)
  if (endsAtViolation) return [Math.min(stormy + 1, recipe.durationNanos)]
  const some = [at * 1.02, stormy * 1.02, stormy * 1.5, recipe.durationNanos / 2, recipe.durationNanos * 0.9].map(Math.ceil)
  return [...new Set(some)].sort((a, b) => a - b)
}
