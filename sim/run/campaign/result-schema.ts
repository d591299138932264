import * as v from 'valibot'

/** How counts, results and histograms are read back from JSON. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
export const histogramSchema = v.object({
  count,
  least: v.number(),
  greatest: v.number(),
  thousandths: v.pipe(v.string(), v.regex(/^-?\d+$/)),
  buckets: v.array(v.tuple([v.number(), count])),
})
const unitSchema = v.picklist(['nanos', 'number'])
const outcomeSchema = v.picklist(['passed', 'violation', 'stalled', 'crashed', 'runaway', 'threw', 'died', 'hung'])
const faultCounts = { opportunities: count, injections: count, heldBack: count, exposed: count, struck: count }
const propertySchema = {
  name: v.string(),
  kind: v.picklist(['always', 'sometimes', 'reachable', 'unreachable', 'eventually']),
  reached: count,
  held: count,
}
const failureSchema = v.object({
  fingerprint: v.string(),
  outcome: outcomeSchema,
  check: v.string(),
  count,
  seeds: v.array(v.pipe(v.number(), v.safeInteger())),
  kept: v.object({
    seed: v.pipe(v.number(), v.safeInteger()),
    steps: count,
    message: v.string(),
    host: v.nullable(v.string()),
    step: count,
    at: count,
    replay: v.nullable(v.string()),
  }),
})
const witnessSchema = v.object({ seed: v.pipe(v.number(), v.safeInteger()), traceHash: v.string(), outcome: outcomeSchema, check: v.nullable(v.string()) })
export const totalsSchema = v.object({
  ranges: v.array(v.tuple([v.pipe(v.number(), v.safeInteger()), v.pipe(v.number(), v.safeInteger())])),
  outcomes: v.record(outcomeSchema, count),
  steps: count,
  virtualMillis: count,
  digest: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
  failures: v.array(failureSchema),
  faults: v.array(v.object({ kind: v.string(), drawnIn: count, armedIn: count, actedIn: count, ...faultCounts, perRun: histogramSchema })),
  properties: v.array(v.object({ ...propertySchema, runs: count })),
  statistics: v.record(v.string(), v.object({ histogram: histogramSchema })),
  measurements: v.record(v.string(), v.object({ unit: unitSchema, histogram: histogramSchema })),
  // Those of an earlier Seedfall said less.
  witness: v.fallback(v.optional(witnessSchema), undefined),
  failedWitness: v.optional(witnessSchema),
  traceHashes: v.optional(v.array(v.tuple([v.pipe(v.number(), v.safeInteger()), v.string()]))),
})

export const entrySchema = v.object({
  scenario: count,
  seed: v.pipe(v.number(), v.safeInteger()),
  result: v.object({
    outcome: outcomeSchema,
    steps: count,
    virtualMillis: count,
    traceHash: v.string(),
    drawn: v.array(v.string()),
    faults: v.array(v.object({ kind: v.string(), armed: v.boolean(), ...faultCounts })),
    statistics: v.record(v.string(), v.number()),
    properties: v.array(v.object(propertySchema)),
    measurements: v.record(v.string(), v.object({ unit: unitSchema, histogram: histogramSchema })),
    failure: v.nullable(v.object({ fingerprint: v.string(), check: v.string(), message: v.string(), host: v.nullable(v.string()), step: count, at: count })),
  }),
})
