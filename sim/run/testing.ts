/** `seedfall/testing`: plain functions for any test runner, Node's own `node:test` among them. */
import { askedSeeds, type SeedChoice } from './node/asked-seeds.js'
import { FailedSeeds } from './node/failed-seeds.js'
import { requireMet, runSeeds } from './node/run-seeds.js'
import { type OverRuns, propertiesOver } from './properties-over-runs.js'
import type { AnyScenario } from './scenario.js'

export { SimulationTestFailed } from './node/run-seeds.js'

export interface CheckSeedsOptions extends SeedChoice {
  /** The scenario's file, from the folder that the test runs in: then a failure leaves a replay file and prints the commands for it. */
  readonly file?: string
  /**
   * True: fails when a `sometimes` or `reachable` property was met in none of the runs, or one of the scenario's `mustMeet` was never stated. Not asked
   * of a single seed.
   */
  readonly requireSometimes?: boolean
  /** Ends the run that is under way. */
  readonly signal?: AbortSignal
}

/**
 * Runs a scenario under many seeds; rejects at the first that does not pass with a `SimulationTestFailed`, whose message is the report and the commands that
 * make the run again. Answers what the runs said of their properties. Seeds that failed last time are tried first (`.seedfall/failed`); SEEDFALL_SEED and
 * SEEDFALL_SEEDS in the environment choose others.
 *
 * @example
 * import test from 'node:test'
 * test('acknowledged writes survive', () => checkSeeds(scenario, { seeds: 200, file: 'store.scenario.ts' }))
 */
export async function checkSeeds(scenario: AnyScenario, options: CheckSeedsOptions = {}): Promise<OverRuns> {
  const { file, requireSometimes, signal } = options
  const asked = askedSeeds(options, 'checkSeeds')
  const memory = new FailedSeeds(process.cwd(), scenario.name, 'checkSeeds')
  const known = asked.isGiven ? [] : memory.seeds()
  const seeds = [...known, ...asked.seeds.filter((seed) => !known.includes(seed))]
  const again = (seed: string) => ({
    ...(file === undefined ? {} : { again: `npx seedfall run ${file} --seed ${seed}` }),
    'in a test': `SEEDFALL_SEED=${seed} and the command of your tests`,
  })
  const passed = await runSeeds(seeds, { scenario, file, again, memory, signal })
  return requireSometimes === true && seeds.length > 1 ? requireMet(passed, scenario, file) : propertiesOver(passed, scenario.mustMeet)
}
