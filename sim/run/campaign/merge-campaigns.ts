import { some } from '../../report/numbers.js'
import type { CampaignFile, CampaignRequest, CampaignScenario } from './campaign-file.js'
import { CampaignFileError } from './parse-campaign.js'
import { ScenarioTotals } from './scenario-totals.js'

/**
 * One campaign of several: the shards of one, or hunts of the same scenarios under the same faults with other seeds. Throws a `CampaignFileError` when they
 * do not belong together, or a seed is in two of them; the message goes on after "these campaigns".
 */
export function mergeCampaigns(files: readonly CampaignFile[]): CampaignFile {
  const [first] = files
  if (first === undefined) throw new CampaignFileError('are none')
  for (const { asked } of files) mustBelong(first.asked, asked)
  const totals = first.asked.scenarios.map((_, i) => {
    const merged = new ScenarioTotals({ keepsTraceHashes: first.asked.keepsTraceHashes })
    for (const file of files) {
      try {
        merged.merge((file.totals[i] as ScenarioTotals).toJSON())
      } catch (error) {
        if (error instanceof RangeError) throw new CampaignFileError(`overlap: ${first.asked.scenarios[i]?.scenario}, ${error.message}`)
        throw error
      }
    }
    return merged
  })
  const whole = wholeOf(files.map(({ asked }) => asked))
  return {
    asked: whole ?? pieces(files, first.asked),
    isComplete: files.every(({ isComplete }) => isComplete) && (whole !== null || files.every(({ asked }) => asked.shard === null)),
    totals,
  }
}

function mustBelong(one: CampaignRequest, other: CampaignRequest): void {
  if (one.keepsTraceHashes !== other.keepsTraceHashes) throw new CampaignFileError('do not all have --trace-hashes: leave it out of all, or of none')
  if (one.scenarios.length !== other.scenarios.length)
    throw new CampaignFileError(`are of different runs: one has ${some(one.scenarios.length, 'scenario')}, another ${some(other.scenarios.length, 'scenario')}`)
  for (const [i, scenario] of one.scenarios.entries()) {
    const beside = comparable(other.scenarios[i] as CampaignScenario)
    for (const [name, value] of Object.entries(comparable(scenario))) {
      const [here, there] = [value, beside[name as keyof typeof beside]].map((field) => JSON.stringify(field) ?? 'none')
      if (here !== there)
        throw new CampaignFileError(`are of different runs: ${scenario.scenario} has ${name} ${here} in one and ${there} in another; they must be the same`)
    }
  }
}

/** The name of its file says which scenario is meant; the folder that it is named from may be another. */
const comparable = ({ scenario, durationNanos, strategy, kinds, withoutKinds, ambient, file, mustMeet, neverArmed }: CampaignScenario) => ({
  scenario,
  durationNanos,
  strategy,
  kinds,
  withoutKinds,
  ambient,
  file: file?.replace(/^.*[\\/]/, ''),
  mustMeet,
  neverArmed,
})

/** The request of which these are all shards, or null. */
function wholeOf(requests: readonly CampaignRequest[]): CampaignRequest | null {
  const [first] = requests
  if (first === undefined) return null
  const whole = { ...first, shard: null }
  // Their scenarios are the same by now, wherever the files are named from.
  if (requests.some((asked) => JSON.stringify({ ...asked, scenarios: null, shard: null }) !== JSON.stringify({ ...whole, scenarios: null }))) return null
  const of = first.shard?.of
  if (of === undefined) return requests.length === 1 ? first : null
  const indexes = new Set(requests.map(({ shard }) => shard?.index))
  return requests.length === of && indexes.size === of && requests.every(({ shard }) => shard?.of === of) ? whole : null
}

/** What was asked for, as far as one request can say it: so many seeds from the lowest on. */
function pieces(files: readonly CampaignFile[], first: CampaignRequest): CampaignRequest {
  return {
    ...first,
    firstSeed: Math.min(...files.map(({ asked }) => asked.firstSeed)),
    seeds: files.reduce((sum, { totals }) => sum + (totals[0]?.runs ?? 0), 0),
    seconds: null,
    shard: null,
    requiresSometimes: files.some(({ asked }) => asked.requiresSometimes),
    requiresActed: files.some(({ asked }) => asked.requiresActed),
  }
}
