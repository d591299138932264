/** `seedfall/vitest`: a scenario's seeds as tests of vitest. */
import { describe, type TestContext, test } from 'vitest'
import { Misuse } from '../host/errors.js'
import { askedSeeds, partsOf, type SeedChoice } from './node/asked-seeds.js'
import { FailedSeeds } from './node/failed-seeds.js'
import { type PassedRun, requireMet, runSeeds } from './node/run-seeds.js'
import type { AnyScenario } from './scenario.js'

export interface SimTestOptions extends SeedChoice {
  /** The scenario's file, from the folder that vitest runs in: then a failure leaves a replay file and prints the commands for it. */
  readonly file?: string
  /** Seeds of one test; 25 when not given. More seeds than that are several tests. */
  readonly seedsPerTest?: number
  /** Wall-clock milliseconds for each test; one second a seed, at least a minute, when not given. */
  readonly timeout?: number
  /**
   * True: fails when a `sometimes` or `reachable` property was met in none of the runs, or one of the scenario's `mustMeet` was never stated. Asked of all
   * seeds together, and not of a single one.
   */
  readonly requireSometimes?: boolean
}

/**
 * Tests that run a scenario under many seeds, one test for 25 of them. A test fails at the first seed that does not pass, with the report and the commands
 * that make the run again. Seeds that failed last time are tried first (`.seedfall/failed`). SEEDFALL_SEED=7 in the environment runs only that seed,
 * SEEDFALL_SEEDS=500 so many, SEEDFALL_SEEDS=100..200 those.
 *
 * @example
 * simTest('acknowledged writes survive', scenario, { seeds: 200, file: 'store.scenario.ts' })
 */
export function simTest(name: string, scenario: AnyScenario, options: SimTestOptions = {}): void {
  const { file, seedsPerTest = 25, timeout, requireSometimes = false } = options
  const asked = askedSeeds(options, 'simTest')
  if (!Number.isSafeInteger(seedsPerTest) || seedsPerTest < 1) throw new Misuse(`simTest: seedsPerTest must be a positive integer, not ${seedsPerTest}`)
  const memory = new FailedSeeds(process.cwd(), scenario.name, name)
  const known = asked.isGiven ? [] : memory.seeds()
  const parts = partsOf(
    asked.seeds.filter((seed) => !known.includes(seed)),
    seedsPerTest,
  )
  const again = (seed: string) => ({
    ...(file === undefined ? {} : { again: `npx seedfall run ${file} --seed ${seed}` }),
    'in vitest': `SEEDFALL_SEED=${seed} npx vitest -t ${patternOf(name)}`,
  })
  const passed: PassedRun[] = []
  const total = known.length + asked.seeds.filter((seed) => !known.includes(seed)).length
  const isAsked = requireSometimes && total > 1
  const runAll = async (seeds: readonly string[], { signal }: Partial<Pick<TestContext, 'signal'>>) => {
    passed.push(...(await runSeeds(seeds, { scenario, file, again, memory, signal })))
  }
  const limit = (seeds: readonly string[]) => ({ timeout: timeout ?? Math.max(60_000, seeds.length * 1_000) })
  if (parts.length <= 1) {
    const seeds = [...known, ...(parts[0] ?? [])]
    test(name, limit(seeds), async (context) => {
      await runAll(seeds, context)
      if (isAsked) await requireMet(passed, scenario, file)
    })
    return
  }
  // In this order: what failed before, then the rest, then what is asked of them all.
  describe(name, { shuffle: false, concurrent: false }, () => {
    if (known.length > 0)
      test(`${known.length === 1 ? 'the seed' : 'seeds'} that failed last time: ${known.join(', ')}`, limit(known), (context) => runAll(known, context))
    for (const part of parts) test(titleOf(part), limit(part), (context) => runAll(part, context))
    if (isAsked)
      test('all of them together met every property', async (context) => {
        if (passed.length < total) context.skip('not all of the seeds were run and passed')
        await requireMet(passed, scenario, file)
      })
  })
}

/** What vitest takes for a pattern, and a shell for one word. */
const patternOf = (name: string): string => `'${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll("'", "'\\''")}'`

const titleOf = (seeds: readonly string[]): string => (seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${seeds[0]} to ${seeds.at(-1)}`)
