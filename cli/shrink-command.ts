import { availableParallelism } from 'node:os'
import path from 'node:path'
import { catalogueOf } from '../sim/faults/catalogue.js'
import type { Nanos } from '../sim/host/seam.js'
import { type ExitCode, exitCodes } from '../sim/report/exit-code.js'
import { duration, some } from '../sim/report/numbers.js'
import { describeShrunk, shrunkReport } from '../sim/report/shrunk-report.js'
import { storyOf } from '../sim/report/story.js'
import { vitestFile } from '../sim/report/vitest-file.js'
import { ShrinkFailed, type ShrinkOptions, shrink } from '../sim/run/shrink/shrink.js'
import type { Shrunk } from '../sim/run/shrink/shrunk.js'
import { BadInput } from './bad-input.js'
import { type FailingRun, failingRun } from './failing-run.js'
import { aboutRun, interruptible } from './perform-run.js'
import { ProgressLine } from './progress-line.js'
import { mustBeWritable, writeReplayFile, writeText } from './replay-file.js'
import { blame } from './scenario-fault.js'
import { shareOfMemory } from './share-of-memory.js'
import type { Terminal } from './terminal.js'
import { WorkerTrier } from './worker-trier.js'

export interface ShrinkFlags {
  readonly seed?: string
  /** Of this machine's clock. */
  readonly time: Nanos
  readonly jobs?: number
  readonly out?: string
  readonly test?: string
  readonly json?: boolean
}

/** `shrink FILE` or `shrink SCENARIO --seed N`: the smallest run that fails the same way, its story and its replay. */
export async function shrinkCommand(what: string, flags: ShrinkFlags, terminal: Terminal): Promise<ExitCode> {
  const failing = await failingRun(what, flags.seed, 'shrink', terminal)
  if (failing.report.outcome === 'interrupted') return exitCodes.interrupted
  const out = flags.out ?? defaultTarget(what, failing)
  for (const target of flags.test === undefined ? [out] : [out, flags.test]) mustBeWritable(target, terminal.folder)
  if (!flags.json) terminal.out(beginning(failing, flags, terminal))
  const began = performance.now()
  const shrunk = await shrunkBy(failing, flags, terminal)
  const seconds = (performance.now() - began) / 1_000
  const story = storyOf(shrunk.report, catalogueOf(failing.request.scenario))
  if (flags.json) terminal.out(JSON.stringify(shrunkReport(shrunk, story, { seconds, replay: out, ...(flags.test === undefined ? {} : { test: flags.test }) })))
  else {
    const { program } = terminal
    const commands = {
      replay: `${program} replay ${out}`,
      why: `${program} why ${out}`,
      ...(flags.test === undefined ? {} : { test: `npx vitest run ${flags.test}` }),
    }
    terminal.out(describeShrunk(shrunk, story, { seconds, commands }, terminal.paint))
  }
  // Told first: it may have become impossible to write since.
  writeReplayFile(out, terminal.folder, shrunk.replay)
  if (flags.test !== undefined) writeText(flags.test, terminal.folder, testOf(flags.test, failing, shrunk, story))
  return shrunk.stopped === 'interrupted' ? exitCodes.interrupted : exitCodes.passed
}

function beginning({ report }: FailingRun, { time }: ShrinkFlags, { paint }: Terminal): string {
  const { scenario, seed, injections, history } = report
  const size = `${some(injections.length, 'injection')}, ${some(history.length, 'operation')}`
  return `${paint.strong(scenario)}  seed ${paint.strong(seed)}  ${size}: looking for less, ${duration(time)} at most; Ctrl-C keeps the least so far`
}

/** A candidate has hung that takes so long, and ten times as long as what it is to be less than. */
const leastHangMillis = 20_000

async function shrunkBy(failing: FailingRun, { time, jobs = availableParallelism(), json }: ShrinkFlags, terminal: Terminal): Promise<Shrunk> {
  const { request, report, file, scenarioName, wallMillis } = failing
  const line = new ProgressLine()
  let workers: WorkerTrier | undefined
  const options: ShrinkOptions = {
    timeMillis: Math.ceil(time / 1e6),
    ...(file === undefined ? {} : { file }),
    // One job has a thread of its own, too: a candidate may loop for ever.
    trier: (failure, signal) => {
      workers = new WorkerTrier({
        scenario: scenarioName,
        folder: terminal.folder,
        jobs,
        failure,
        signal,
        hangMillis: Math.max(leastHangMillis, 10 * wallMillis),
        heapMegabytes: shareOfMemory(jobs),
        // Standard output is the result's.
        print: (text) => process.stderr.write(text),
        ...(request.limits ? { limits: request.limits } : {}),
      })
      return workers
    },
    onProgress: ({ phase, runs, injections, operations, virtualNanos }) => {
      if (!json)
        line.show(
          () =>
            `shrinking: ${phase}  ${some(injections, 'injection')}, ${some(operations, 'operation')}, fails at ${(virtualNanos / 1e9).toFixed(3)} s  (${runs} runs)`,
        )
    },
  }
  try {
    return await interruptible(aboutRun(request), (signal) => shrink(request, report, { ...options, signal }))
  } catch (error) {
    if (error instanceof ShrinkFailed) throw new BadInput(error.message)
    throw blame(error, file)
  } finally {
    line.clear()
    await workers?.close()
  }
}

/** Beside the replay that it came from, or where replays lie: what lies in a corpus is an entry of it. */
function defaultTarget(what: string, { report, isEntry }: FailingRun): string {
  if (what.endsWith('.json') && !isEntry) return what.replace(/(\.shrunk)?\.json$/, '.shrunk.json')
  const name = `${report.scenario}-${report.seed}`.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 120)
  return path.join('.seedfall', `${name}.shrunk.json`)
}

function testOf(target: string, { file }: FailingRun, shrunk: Shrunk, story: readonly string[]): string {
  if (file === undefined) return vitestFile(shrunk.replay, story, { kind: 'stock', name: shrunk.replay.scenario })
  const relative = path.relative(path.dirname(target), file).split(path.sep).join('/')
  const specifier = relative.startsWith('.') ? relative : `./${relative}`
  return vitestFile(shrunk.replay, story, { kind: 'file', specifier: specifier.replace(/\.([cm]?)ts$/, '.$1js') })
}
