import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { plain } from '../../report/palette.js'
import { describeResult } from '../../report/run-result.js'
import { describeNeverMet, type OverRuns, propertiesOver } from '../properties-over-runs.js'
import { formatReplay, provenReplay } from '../replay.js'
import { replayFileName } from '../replay-file-name.js'
import type { RunReport, RunRequest } from '../report.js'
import { run } from '../run.js'
import type { AnyScenario } from '../scenario.js'
import type { FailedSeeds } from './failed-seeds.js'

/** A run under one of a test's seeds failed: the message is its report, with the commands that make it again. */
export class SimulationTestFailed extends Error {
  override readonly name = 'SimulationTestFailed'

  constructor(
    message: string,
    /** Undefined where no single run is to blame. */
    readonly seed?: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** How a test speaks of its runs. */
export interface SeedRuns {
  readonly scenario: AnyScenario
  /** The scenario's file, from the folder that the test runs in. */
  readonly file: string | undefined
  /** What runs a seed again in the test itself. */
  readonly again: (seed: string) => Readonly<Record<string, string>>
  readonly memory: FailedSeeds
  readonly signal: AbortSignal | undefined
}

/** What is remembered of a run that passed. */
export type PassedRun = Pick<RunReport, 'properties'>

/** Runs the seeds one after the other; throws `SimulationTestFailed` for the first that does not pass, and remembers it. */
export async function runSeeds(seeds: readonly string[], runs: SeedRuns): Promise<PassedRun[]> {
  const passed: PassedRun[] = []
  for (const seed of seeds) passed.push(await runSeed(seed, runs))
  return passed
}

async function runSeed(seed: string, { scenario, file, again, memory, signal }: SeedRuns): Promise<PassedRun> {
  const request: RunRequest = { scenario, seed }
  let report: RunReport
  try {
    report = await run(signal === undefined ? request : { ...request, signal })
  } catch (error) {
    const commands = Object.entries({ ...remembered(seed, memory), ...again(seed) }).map(([name, command]) => `\n  ${name}  ${command}`)
    throw new SimulationTestFailed(`${scenario.name}, seed ${seed}: ${error instanceof Error ? error.message : String(error)}${commands.join('')}`, seed, {
      cause: error,
    })
  }
  if (report.outcome === 'passed') {
    memory.remove(seed)
    return { properties: report.properties }
  }
  if (report.outcome === 'interrupted') throw new SimulationTestFailed(`${scenario.name}, seed ${seed}: ended from outside after ${report.steps} steps`, seed)
  const commands = { ...remembered(seed, memory), ...(await replayCommand(request, report, file)), ...again(seed) }
  throw new SimulationTestFailed(describeResult(report, { commands }, plain), seed)
}

/** What was found is told whether it can be remembered or not. */
function remembered(seed: string, memory: FailedSeeds): Readonly<Record<string, string>> {
  try {
    memory.add(seed)
    return {}
  } catch (error) {
    return { forgotten: `the next run will not try this seed first: ${(error as Error).message}` }
  }
}

/** Writes the replay file of a failed run; answers the command that runs it. Only a scenario whose file is known can be found again. */
export async function replayCommand(request: RunRequest, report: RunReport, file: string | undefined): Promise<Readonly<Record<string, string>>> {
  if (file === undefined) return {}
  const replay = await provenReplay(request, report, file)
  const target = path.join('.seedfall', replayFileName(report))
  try {
    mkdirSync('.seedfall', { recursive: true })
    writeFileSync(target, formatReplay(replay))
  } catch (error) {
    // What was found stands without its file: the seed makes the run again.
    return { replay: `not written: ${(error as Error).message}` }
  }
  return { replay: `npx seedfall replay ${target}` }
}

/** Throws `SimulationTestFailed` when a property that some run must meet was met in none, with the places that state it where they can be read. */
export async function requireMet(passed: readonly PassedRun[], scenario: AnyScenario, file: string | undefined): Promise<OverRuns> {
  const over = propertiesOver(passed, scenario.mustMeet)
  if (over.neverMet.length === 0) return over
  const places = file === undefined ? { of: () => [], note: '' } : await placesIn(file)
  throw new SimulationTestFailed(`${scenario.name}: every run passed, but none came to:\n${describeNeverMet(over, places.of)}${places.note}`)
}

async function placesIn(file: string): Promise<{ readonly of: (name: string) => readonly string[]; readonly note: string }> {
  // A parser is loaded for a failure only.
  const [{ catalogueOfSources, placesOf }, { sourceFiles }] = await Promise.all([import('../catalogue/catalogue.js'), import('./source-files.js')])
  const folder = process.cwd()
  try {
    const catalogue = catalogueOfSources([path.resolve(folder, file)], sourceFiles(folder))
    return { of: (name) => placesOf(catalogue, name), note: '' }
  } catch (error) {
    return { of: () => [], note: `\n  where they are stated cannot be told: ${(error as Error).message}` }
  }
}
