import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Command } from 'commander'
import { loadScenario } from '../../cli/load-scenario.js'
import { count } from '../../sim/report/numbers.js'
import { repository } from '../repository.js'
import { neverArmed, type StormRun, StormSummary } from './storm-summary.js'

export interface StormOptions {
  readonly firstSeed: number
  readonly seeds: number
  /** Processes at a time. */
  readonly jobs: number
  /** Called with each run, in the order in which they end. */
  readonly onRun?: (run: StormRun, summary: StormSummary) => void
  /** No further seed begins once it is aborted. */
  readonly signal?: AbortSignal
}

/** A line of progress after so many runs, also where nobody looks. */
const progressEvery = process.stderr.isTTY === true ? 10 : 50

/** Runs a scenario, by its name or its file, under many seeds in processes of their own. Rejects when a process dies. */
export async function storm(scenario: string, options: StormOptions): Promise<StormSummary> {
  const summary = new StormSummary()
  const end = options.firstSeed + options.seeds
  let next = options.firstSeed
  const take = () => (next < end && options.signal?.aborted !== true ? String(next++) : null)
  const workers: ChildProcess[] = []
  const work = (worker: ChildProcess) =>
    new Promise<void>((resolve, reject) => {
      worker.on('message', (message: StormRun | 'ready') => {
        if (message !== 'ready') {
          summary.add(message)
          options.onRun?.(message, summary)
        }
        const seed = take()
        if (seed !== null) worker.send(seed)
        else {
          worker.disconnect()
          resolve()
        }
      })
      worker.on('error', reject)
      worker.on('exit', (code, signal) => reject(new Error(`a process of the storm ended with ${signal ?? code}`)))
    })
  try {
    for (let job = 0; job < Math.min(options.jobs, options.seeds); job++) workers.push(startWorker(scenario))
    await Promise.all(workers.map(work))
    return summary
  } finally {
    for (const worker of workers) if (worker.connected) worker.disconnect()
  }
}

function startWorker(scenario: string): ChildProcess {
  const loaders = [fileURLToPath(import.meta.resolve('tsx')), path.join(repository, 'cli/quick-names.mjs')]
  const execArgv = loaders.flatMap((file) => ['--import', pathToFileURL(file).href])
  return fork(fileURLToPath(new URL('./storm-worker.ts', import.meta.url)), [scenario], { cwd: repository, execArgv })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await new Command('storm')
    .description('runs a scenario under many seeds and adds up what happened; 0 when all passed and every armed kind acted')
    .argument('[scenario]', "a scenario's name or file", 'broker')
    .option('--first-seed <n>', 'the first seed', Number, 1)
    .option('--seeds <n>', 'so many seeds', Number, 100)
    .option('--jobs <n>', 'processes at a time', Number, 2)
    .option('--json', 'the totals as one object')
    .action(async (scenario: string, { json, ...range }: { firstSeed: number; seeds: number; jobs: number; json?: boolean }) => {
      if (![range.firstSeed, range.seeds, range.jobs].every((value) => Number.isSafeInteger(value) && value > 0)) {
        process.stderr.write('storm: --first-seed, --seeds and --jobs are integers from 1 on\n')
        process.exitCode = 2
        return
      }
      const stop = new AbortController()
      process.once('SIGINT', () => stop.abort())
      const began = performance.now()
      const onRun = (run: StormRun, { runs, failures }: StormSummary) => {
        if (run.outcome !== 'passed') {
          process.stderr.write(`${run.outcome}: ${run.check}: ${run.message?.split('\n')[0]}\n  npm run sim -- ${scenario} --seed ${run.seed}\n`)
        }
        if (runs % progressEvery > 0 && runs < range.seeds) return
        const seconds = (performance.now() - began) / 1_000
        process.stderr.write(`${count(runs)} of ${count(range.seeds)}, ${failures.length} failed, ${(runs / seconds).toFixed(2)} runs/s\n`)
      }
      const never = neverArmed((await loadScenario(scenario, repository)).scenario)
      const summary = await storm(scenario, { ...range, onRun, signal: stop.signal })
      const kinds = [...summary.kinds.values()]
      process.stdout.write(
        json
          ? `${JSON.stringify({ scenario, ...range, runs: summary.runs, outcomes: Object.fromEntries(summary.outcomes), kinds, idleKinds: summary.idleKinds, neverArmed: never, crashesInside: summary.crashesInside, failures: summary.failures })}\n`
          : `${[...summary.describe(), ...(never.length > 0 ? [`never armed: ${never.join(', ')}`] : [])].join('\n')}\n`,
      )
      process.exitCode = stop.signal.aborted ? 130 : summary.isGood ? 0 : 1
    })
    .parseAsync()
}
