import { test } from 'vitest'
import { Misuse } from '../host/errors.js'
import { plain } from '../report/palette.js'
import { describeResult } from '../report/run-result.js'
import { describeNeverMet, propertiesOver } from './properties-over-runs.js'
import type { RunReport } from './report.js'
import { run } from './run.js'
import type { AnyScenario } from './scenario.js'

export interface SimTestOptions {
  /** How many seeds are run, one after the other; 100 when not given. */
  readonly seeds?: number
  /** The first one; 1 when not given. */
  readonly firstSeed?: number
  /** The scenario's file, for the command that a failure prints: `test/store.scenario.ts`. */
  readonly file?: string
  /** Wall-clock milliseconds for the whole test; one second a seed, at least a minute, when not given. */
  readonly timeout?: number
  /**
   * True: fails when a `sometimes` or `reachable` property was met in none of the runs, or one of the scenario's `mustMeet` was never stated. Not asked
   * of a single seed (SEEDFALL_SEED).
   */
  readonly requireSometimes?: boolean
}

/**
 * One vitest test that runs a scenario under many seeds, and fails at the first that does not pass, with the report and the command that makes the run
 * again. With SEEDFALL_SEED in the environment only that seed is run.
 *
 * @example
 * simTest('acknowledged writes survive', scenario, { seeds: 200 })
 */
export function simTest(name: string, scenario: AnyScenario, options: SimTestOptions = {}): void {
  const seeds = seedsOf(options)
  test(name, { timeout: options.timeout ?? Math.max(60_000, seeds.length * 1_000) }, async () => {
    const passed: Pick<RunReport, 'properties'>[] = []
    for (const seed of seeds) {
      const report = await run({ scenario, seed })
      if (report.outcome === 'passed') {
        passed.push({ properties: report.properties })
        continue
      }
      const again = `npx seedfall ${options.file === undefined ? scenario.name : `run ${options.file}`} --seed ${seed}`
      throw new SimulationTestFailed(describeResult(report, { commands: { again, 'in vitest': `SEEDFALL_SEED=${seed} npx vitest -t '${name}'` } }, plain))
    }
    if (options.requireSometimes !== true || seeds.length === 1) return
    const over = propertiesOver(passed, scenario.mustMeet)
    if (over.neverMet.length > 0) throw new SimulationTestFailed(`${scenario.name}: every run passed, but none came to:\n${describeNeverMet(over)}`)
  })
}

/** The report of the failing run is the message. */
class SimulationTestFailed extends Error {
  override readonly name = 'SimulationTestFailed'
}

function seedsOf({ seeds = 100, firstSeed = 1 }: SimTestOptions): readonly string[] {
  if (!Number.isSafeInteger(seeds) || seeds < 1) throw new Misuse(`simTest: seeds must be a positive integer, not ${seeds}`)
  if (!Number.isSafeInteger(firstSeed)) throw new Misuse(`simTest: firstSeed must be an integer, not ${firstSeed}`)
  const only = (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env.SEEDFALL_SEED
  return only ? [only] : Array.from({ length: seeds }, (_, i) => String(firstSeed + i))
}
