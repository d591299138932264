import { obstacleTo } from '../../faults/armable.js'
import { catalogueOf } from '../../faults/catalogue.js'
import type { RunRequest } from '../report.js'
import type { AnyScenario } from '../scenario.js'

/** What a campaign asks of the faults of its runs. */
export type FaultChoice = Pick<RunRequest, 'strategy' | 'kinds' | 'withoutKinds' | 'ambient'>

/** Kinds of a scenario's catalogue that none of a campaign's seeds can arm, each with what stands against it: `disk.rot (corruptCopies)`. */
export function neverArmed(scenario: AnyScenario, choice: FaultChoice): string[] {
  const strategy = choice.strategy ?? scenario.faults.strategy
  if (strategy === 'none') return []
  const { kinds: given, withoutKinds = [] } = choice
  return catalogueOf(scenario).definitions.flatMap((definition) => {
    const { kind, onlyUnder } = definition
    if (withoutKinds.includes(kind)) return [`${kind} (--no-fault)`]
    if (given !== undefined && !given.includes(kind) && onlyUnder !== strategy) return [`${kind} (--faults)`]
    const obstacle = obstacleTo(definition, strategy, scenario)
    if (obstacle !== null) {
      const why = { strategy: `--strategy ${onlyUnder}`, objects: 'objects', budget: obstacle.kind === 'budget' ? obstacle.members.join(', ') : '' }
      return [`${kind} (${why[obstacle.kind]})`]
    }
    const { kinds: allowed } = scenario.faults
    return given !== undefined || allowed === undefined || allowed.includes(kind) || onlyUnder === strategy ? [] : [`${kind} (faults.kinds)`]
  })
}
