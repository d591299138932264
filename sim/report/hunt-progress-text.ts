import type { CampaignRequest, CampaignScenario } from '../run/campaign/campaign-file.js'
import type { FailureTotals } from '../run/campaign/failure-totals.js'
import { count, duration } from './numbers.js'
import type { Palette } from './palette.js'

/** How a hunt is getting on. */
export interface HuntPace {
  readonly wallSeconds: number
  readonly seedsPerSecond: number
  readonly stepsPerSecond: number
  readonly virtualPerWall: number
  readonly done: number
  /** Null: the clock decides. */
  readonly size: number | null
  /** Seeds that failed, and sorts of failure. */
  readonly failed: number
  readonly failures: number
  /** Properties that no run met so far. */
  readonly unmet: number
}

/** What a hunt will do, told before its first run. */
export function describeHunt(
  asked: CampaignRequest,
  { jobs, folder, notes }: { readonly jobs: number; readonly folder: string; readonly notes: readonly string[] },
  paint: Palette,
): string {
  const { scenarios, seeds, seconds, firstSeed, shard, isFailFast } = asked
  const range = seeds === null ? `seeds from ${firstSeed} on for ${count(seconds ?? 0)} s` : `seeds ${firstSeed} to ${firstSeed + seeds - 1}`
  const part = shard === null ? '' : `, part ${shard.index} of ${shard.of}`
  return [
    `${paint.strong('hunt')}  ${scenarios.map(described).join(', ')}`,
    `  ${range}${scenarios.length > 1 ? ' of each' : ''}${part}${isFailFast ? ', until the first failure' : ''}, on ${jobs} ${jobs === 1 ? 'thread' : 'threads'}; kept in ${folder}`,
    ...notes.map((note) => `  ${note}`),
  ].join('\n')
}

function described({ scenario, durationNanos, strategy, kinds, withoutKinds = [] }: CampaignScenario): string {
  const faults = [strategy === 'none' ? 'no faults' : strategy, kinds?.join(','), ...withoutKinds.map((kind) => `no ${kind}`)]
  return [scenario, duration(durationNanos), ...faults].filter((word) => word !== undefined).join(' ')
}

/** A sort of failure that was not seen before. */
export function describeFound(scenario: string, { outcome, check, kept }: FailureTotals, paint: Palette): string {
  return `${paint.bad(`✗ ${outcome}`)}  ${scenario}  seed ${kept.seed}  ${check}: ${firstLine(kept.message)}`
}

/** One line while a hunt goes on. */
export function paceLine({ wallSeconds, seedsPerSecond, stepsPerSecond, virtualPerWall, done, size, failed, failures, unmet }: HuntPace): string {
  const parts = [
    `${count(done)}${size === null ? '' : ` of ${count(size)}`} runs in ${count(Math.round(wallSeconds))} s`,
    `${rate(seedsPerSecond)} seeds/s`,
    `${rate(stepsPerSecond)} steps/s`,
    `${rate(virtualPerWall)} virtual s/s`,
    failed === 0 ? 'no failure' : `${count(failed)} failed in ${count(failures)} ${failures === 1 ? 'way' : 'ways'}`,
    ...(unmet === 0 ? [] : [`${count(unmet)} ${unmet === 1 ? 'property' : 'properties'} unmet`]),
  ]
  return parts.join(', ')
}

/** Three digits are enough. */
export const rate = (value: number): string => count(value >= 100 ? Math.round(value) : Math.round(value * 10) / 10)

export const firstLine = (text: string): string => text.split('\n')[0] as string
