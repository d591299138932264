import { randomInt } from 'node:crypto'
import { Misuse } from '../sim/host/errors.js'
import { duration } from '../sim/report/numbers.js'
import type { CampaignPlan } from '../sim/run/campaign/campaign.js'
import type { CampaignRequest, CampaignScenario } from '../sim/run/campaign/campaign-file.js'
import { neverArmed } from '../sim/run/campaign/never-armed.js'
import { headerOf } from '../sim/run/run.js'
import { BadInput } from './bad-input.js'
import { chosenFaults } from './fault-choice.js'
import type { HuntFlags } from './hunt-options.js'
import { loadScenario, stockScenarios } from './load-scenario.js'

/** Runs longer than this are cut to it unless `--duration` says otherwise: many short runs find more than a few long ones. */
const preferredNanos = 10_000_000_000

/** With `--time`, nobody knows how many seeds a shard will run: each has so many of its own. */
const seedsOfTimedShard = 1_000_000_000

/** What a hunt is asked for, held against its scenarios; `notes`: what its reader did not ask for and should know. Throws `BadInput`. */
export async function huntRequest(names: readonly string[], flags: HuntFlags, folder: string): Promise<{ asked: CampaignRequest; notes: string[] }> {
  refuseContradictions(flags)
  const notes: string[] = []
  const firstSeed = flags.firstSeed ?? randomInt(1, 2 ** 32)
  if (flags.firstSeed === undefined) notes.push(`first seed ${firstSeed} (drawn; --first-seed ${firstSeed} makes these runs again)`)
  const scenarios: CampaignScenario[] = []
  for (const name of await named(names)) scenarios.push(await huntedScenario(name, flags, folder, firstSeed, notes))
  const twice = scenarios.find(({ scenario }, i) => scenarios.findIndex((other) => other.scenario === scenario) < i)
  if (twice !== undefined) throw new BadInput(`the scenario ${twice.scenario} is given twice: its seeds would be counted twice`)
  const seeds = flags.time === undefined ? (flags.seeds ?? 100) : null
  if (seeds !== null && flags.shard !== undefined && seeds < flags.shard.of)
    throw new BadInput(`--shard: ${seeds} seeds cannot be split in ${flags.shard.of} parts`)
  // Beyond, two numbers would be one seed.
  if (firstSeed - 1 + (seeds ?? (flags.shard?.of ?? 1) * seedsOfTimedShard) > Number.MAX_SAFE_INTEGER)
    throw new BadInput(`--first-seed ${firstSeed} is too great: seeds end at ${Number.MAX_SAFE_INTEGER}`)
  const asked: CampaignRequest = {
    scenarios,
    firstSeed,
    seeds,
    seconds: flags.time === undefined ? null : flags.time / 1e9,
    shard: flags.shard ?? null,
    isFailFast: flags.failFast === true,
    requiresSometimes: flags.requireSometimes === true,
    requiresActed: flags.requireActed === true,
    keepsTraceHashes: flags.traceHashes === true,
  }
  return { asked, notes }
}

/** The seeds of this part of it. */
export function planOf({ scenarios, firstSeed, seeds, shard, isFailFast, keepsTraceHashes }: CampaignRequest): CampaignPlan {
  const common = { scenarios: scenarios.length, isFailFast, keepsTraceHashes }
  if (shard === null) return { ...common, firstSeed, seeds }
  const { index, of } = shard
  if (seeds === null) return { ...common, firstSeed: firstSeed + (index - 1) * seedsOfTimedShard, seeds }
  const from = Math.floor((seeds * (index - 1)) / of)
  return { ...common, firstSeed: firstSeed + from, seeds: Math.floor((seeds * index) / of) - from }
}

async function huntedScenario(name: string, flags: HuntFlags, folder: string, firstSeed: number, notes: string[]): Promise<CampaignScenario> {
  const { scenario, file } = await loadScenario(name, folder)
  const choice = chosenFaults(scenario, flags)
  const wanted = flags.duration ?? Math.min(scenario.duration, preferredNanos)
  const durationNanos = wanted === 'full' ? scenario.duration : wanted
  if (flags.duration === undefined && durationNanos < scenario.duration)
    notes.push(
      `runs of ${scenario.name} end after ${duration(durationNanos)}, not ${duration(scenario.duration)}: many short runs find more than few long ones (--duration full)`,
    )
  try {
    headerOf({ scenario, seed: String(firstSeed), ...choice, duration: durationNanos })
  } catch (error) {
    if (error instanceof Misuse) throw new BadInput(error.message)
    throw error
  }
  return {
    scenario: scenario.name,
    ...(file === undefined ? {} : { file }),
    durationNanos,
    ...choice,
    mustMeet: scenario.mustMeet ?? [],
    neverArmed: neverArmed(scenario, choice),
  }
}

async function named(names: readonly string[]): Promise<readonly string[]> {
  if (names.length === 0) return ['broker']
  const stock = names.includes('all') ? (await stockScenarios()).map(({ name }) => name) : []
  return [...new Set(names.flatMap((name) => (name === 'all' ? stock : [name])))]
}

function refuseContradictions(flags: HuntFlags): void {
  const both = (one: string, other: string): BadInput => new BadInput(`${one} and ${other} contradict each other: leave out one of them`)
  if (flags.seeds !== undefined && flags.time !== undefined) throw both('--seeds', '--time')
  if (flags.failFast === true && flags.keepGoing === true) throw both('--fail-fast', '--keep-going')
  if (flags.shard !== undefined && flags.firstSeed === undefined) throw new BadInput('--shard needs --first-seed: every part must count from the same seed')
  if (flags.traceHashes === true && flags.json !== true) throw new BadInput('--trace-hashes shows them with --json: add it')
}
