import type { CampaignFile, CampaignRequest } from './campaign-file.js'
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
  for (const name of ['scenarios', 'keepsTraceHashes'] as const) {
    if (JSON.stringify(one[name]) === JSON.stringify(other[name])) continue
    throw new CampaignFileError(
      name === 'scenarios'
        ? `are of different runs: ${described(one)} and ${described(other)}; scenarios, durations and faults must be the same`
        : 'do not all have --trace-hashes: leave it out of all, or of none',
    )
  }
}

const described = ({ scenarios }: CampaignRequest): string =>
  scenarios
    .map(({ scenario, durationNanos, strategy, kinds, withoutKinds }) =>
      [scenario, `${durationNanos / 1e9} s`, strategy, kinds?.join(','), withoutKinds?.map((kind) => `without ${kind}`).join(' ')].filter(Boolean).join(' '),
    )
    .join(' + ')

/** The request of which these are all shards, or null. */
function wholeOf(requests: readonly CampaignRequest[]): CampaignRequest | null {
  const [first] = requests
  if (first === undefined) return null
  const whole = { ...first, shard: null }
  if (requests.some((asked) => JSON.stringify({ ...asked, shard: null }) !== JSON.stringify(whole))) return null
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
