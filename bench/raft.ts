import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TraceFile } from '../cli/trace-file.js'
import raftScenario from '../scenarios/raft.scenario.js'
import { type RunReport, type RunRequest, run } from '../sim/index.js'
import { assertEqual, type Measure, secondsOf } from './harness.js'

const seed = '1'

/** The stock raft scenario, all invariants on. Steps are short, so that what `--trace-file` adds to each weighs most: above 100 % a trace takes twice the time. */
export const raftMeasures: readonly Measure[] = [
  { name: 'raft/steps', unit: 'steps/s', run: stepsPerSecond },
  { name: 'raft/invariant-overhead', unit: '%', run: invariantOverhead },
  { name: 'raft/trace-overhead', unit: '%', run: traceOverhead },
]

async function stepsPerSecond(): Promise<number> {
  const { seconds, report } = await measure({})
  return report.steps / seconds
}

async function invariantOverhead(): Promise<number> {
  const [all, none] = [await measure({}), await measure({ invariants: false })]
  assertEqual(none.report.traceHash, all.report.traceHash, 'the trace hash')
  return (all.seconds / none.seconds - 1) * 100
}

async function traceOverhead(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'seedfall-bench-'))
  const path = join(folder, 'trace.jsonl')
  try {
    const plain = await measure({})
    const trace = new TraceFile(path)
    const traced = await measure({ trace }, trace)
    assertEqual(traced.report.traceHash, plain.report.traceHash, 'the trace hash')
    if (statSync(path).size < traced.report.steps * 50) throw new Error('the trace file lacks steps')
    return (traced.seconds / plain.seconds - 1) * 100
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A run, and the file that it wrote to the end. */
async function measure(options: Partial<RunRequest>, file?: TraceFile): Promise<{ seconds: number; report: RunReport }> {
  let report: RunReport | undefined
  const seconds = await secondsOf(async () => {
    report = await run({ scenario: raftScenario, seed, ...options })
    file?.close()
  })
  if (report === undefined) throw new Error('no run')
  assertEqual(report.outcome, 'passed', `seed ${seed} (${report.violation?.message ?? 'no violation'})`)
  return { seconds, report }
}
