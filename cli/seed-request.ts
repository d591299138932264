import type { CampaignScenario } from '../sim/run/campaign/campaign-file.js'
import type { RunRequest } from '../sim/run/report.js'
import type { AnyScenario } from '../sim/run/scenario.js'

/** What a hunt runs under each seed of a scenario. */
export function seedRequest({ durationNanos, strategy, kinds, withoutKinds, ambient }: CampaignScenario, scenario: AnyScenario): Omit<RunRequest, 'seed'> {
  return {
    scenario,
    duration: durationNanos,
    ...(strategy === undefined ? {} : { strategy }),
    ...(kinds === undefined ? {} : { kinds }),
    ...(withoutKinds === undefined ? {} : { withoutKinds }),
    ...(ambient === undefined ? {} : { ambient }),
  }
}
