import * as v from 'valibot'
import { type CampaignFile, type CampaignRequest, campaignFormat, campaignVersion } from './campaign-file.js'
import { count, totalsSchema } from './result-schema.js'
import { ScenarioTotals } from './scenario-totals.js'

/** A file that is not a campaign of this version; the message goes on after the file's name. */
export class CampaignFileError extends Error {
  override readonly name = 'CampaignFileError'
}

const requestSchema = v.object({
  scenarios: v.pipe(
    v.array(
      v.object({
        scenario: v.string(),
        file: v.optional(v.string()),
        durationNanos: v.pipe(count, v.minValue(1)),
        strategy: v.optional(v.picklist(['random', 'targeted', 'burst', 'rolling', 'pct', 'none'])),
        kinds: v.optional(v.array(v.string())),
        withoutKinds: v.optional(v.array(v.string())),
        ambient: v.optional(v.picklist(['trap', 'virtual', 'off'])),
        mustMeet: v.array(v.string()),
        neverArmed: v.array(v.string()),
      }),
    ),
    v.minLength(1),
  ),
  firstSeed: v.pipe(v.number(), v.safeInteger()),
  seeds: v.nullable(count),
  seconds: v.nullable(v.number()),
  shard: v.nullable(v.object({ index: count, of: count })),
  isFailFast: v.boolean(),
  requiresSometimes: v.boolean(),
  requiresActed: v.boolean(),
  keepsTraceHashes: v.boolean(),
})
const campaignSchema = v.object({
  format: v.literal(campaignFormat),
  version: v.literal(campaignVersion),
  asked: requestSchema,
  isComplete: v.boolean(),
  scenarios: v.array(totalsSchema),
})

/** Throws a `CampaignFileError` that says what is wrong with the text. */
export function parseCampaign(text: string): CampaignFile {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new CampaignFileError('is not JSON: it was cut short or edited')
  }
  const head = v.safeParse(v.object({ format: v.literal(campaignFormat), version: v.number() }), value)
  if (!head.success) throw new CampaignFileError('is not the result of a campaign: write one with seedfall hunt')
  if (head.output.version !== campaignVersion)
    throw new CampaignFileError(`has format ${head.output.version}, and this Seedfall reads format ${campaignVersion}: hunt again with one version`)
  const parsed = v.safeParse(campaignSchema, value)
  if (!parsed.success) throw new CampaignFileError(`is broken at '${v.getDotPath(parsed.issues[0]) ?? 'its root'}'`)
  const { asked, isComplete, scenarios } = parsed.output
  if (scenarios.length !== asked.scenarios.length) throw new CampaignFileError('is broken: it has other scenarios than were asked for')
  return { asked, isComplete, totals: scenarios.map((data) => totalsFrom(data, asked)) }
}

function totalsFrom(data: v.InferOutput<typeof totalsSchema>, { keepsTraceHashes }: CampaignRequest): ScenarioTotals {
  const totals = new ScenarioTotals({ keepsTraceHashes })
  const { statistics, properties, traceHashes, ...rest } = data
  totals.merge({
    ...rest,
    // Those that no run stated are told of anew.
    properties: properties.filter(({ runs }) => runs > 0),
    statistics: Object.fromEntries(Object.entries(statistics).map(([name, { histogram }]) => [name, histogram])),
    ...(traceHashes === undefined ? {} : { traceHashes }),
  })
  return totals
}
