import type { Nanos } from '../../host/seam.js'
import { idleKinds, placelessKinds } from './fault-totals.js'
import { Histogram, type HistogramData } from './histogram.js'
import type { FaultChoice } from './never-armed.js'
import { isUnmet, type ScenarioTotals, type ScenarioTotalsData } from './scenario-totals.js'

/** What a campaign was asked for: enough to go on with it, and to tell whether two belong together. Plain JSON. */
export interface CampaignRequest {
  readonly scenarios: readonly CampaignScenario[]
  /** Of all shards together. */
  readonly firstSeed: number
  /** Of all shards together; null: `seconds` of wall time. */
  readonly seeds: number | null
  readonly seconds: number | null
  /** Null: all of it. */
  readonly shard: Shard | null
  readonly isFailFast: boolean
  readonly requiresSometimes: boolean
  readonly requiresActed: boolean
  readonly keepsTraceHashes: boolean
}

/** Part `index` of `of`, from 1 on. */
export interface Shard {
  readonly index: number
  readonly of: number
}

export interface CampaignScenario extends FaultChoice {
  readonly scenario: string
  /** Its file when it is none of Seedfall's own, relative to where the command ran. */
  readonly file?: string
  readonly durationNanos: Nanos
  readonly mustMeet: readonly string[]
  /** Kinds that none of its seeds can arm, each with what stands against it. */
  readonly neverArmed: readonly string[]
}

/** A campaign, or several merged: what was asked for, and what came of it. `isComplete`: no seed is missing. */
export interface CampaignFile {
  readonly asked: CampaignRequest
  readonly isComplete: boolean
  readonly totals: readonly ScenarioTotals[]
}

export const campaignFormat = 'seedfall-campaign'
export const campaignVersion = 1

/** What it is written as; the totals come with what is derived from them, for whoever reads the JSON. */
export function campaignJson({ asked, isComplete, totals }: CampaignFile): Readonly<Record<string, unknown>> {
  return {
    format: campaignFormat,
    version: campaignVersion,
    asked,
    isComplete,
    scenarios: asked.scenarios.map((scenario, i) => scenarioJson(scenario, totals[i] as ScenarioTotals)),
  }
}

function scenarioJson({ scenario, mustMeet, neverArmed }: CampaignScenario, totals: ScenarioTotals): Readonly<Record<string, unknown>> {
  const data = totals.toJSON()
  const properties = totals.properties(mustMeet)
  return {
    scenario,
    seeds: totals.runs,
    failed: totals.failed,
    ...data,
    properties,
    unmet: properties.filter(isUnmet).map(({ name }) => name),
    idleKinds: idleKinds(data.faults),
    placelessKinds: placelessKinds(data.faults),
    neverArmed,
    crashesInside: totals.crashesInside,
    statistics: withQuantiles(totals, data),
    measurements: Object.fromEntries(
      Object.entries(data.measurements).map(([name, { unit, histogram }]) => [name, { unit, ...quantilesOf(histogram), histogram }]),
    ),
  }
}

function withQuantiles(totals: ScenarioTotals, { statistics }: ScenarioTotalsData): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(statistics).map(([name, histogram]) => [
      name,
      { median: totals.median(name), total: totals.total(name), ...quantilesOf(histogram), histogram },
    ]),
  )
}

const quantilesOf = (data: HistogramData) => {
  const histogram = Histogram.from(data)
  return { p50: histogram.quantile(500), p99: histogram.quantile(990), max: data.greatest }
}

/** Something that a campaign was to fail on, beside failures of its seeds. */
export interface Shortcoming {
  readonly scenario: string
  readonly text: string
  /** The property that was not met. */
  readonly property?: string
}

/** What is wrong with a campaign beside its failures, as far as it was to fail on it. */
export function shortcomingsOf({ asked, totals }: CampaignFile): Shortcoming[] {
  return asked.scenarios.flatMap(({ scenario, mustMeet }, i) => {
    const of = totals[i] as ScenarioTotals
    const unmet = asked.requiresSometimes ? of.properties(mustMeet).filter(isUnmet) : []
    const idle = asked.requiresActed ? idleKinds(of.faults.list()) : []
    return [
      ...(of.runs === 0 ? [{ scenario, text: 'no seed was run' }] : []),
      ...unmet.map(({ name, kind }) => ({ scenario, text: `'${name}' (${kind}) was met by no run`, property: name })),
      ...idle.map((kind) => ({ scenario, text: `${kind} was armed and acted in no run` })),
    ]
  })
}

/** Everything passed, something ran, and what was required was met. */
export function isGood(file: CampaignFile): boolean {
  return file.totals.every(({ failed }) => failed === 0) && shortcomingsOf(file).length === 0
}
