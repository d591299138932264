import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TraceFile } from '../cli/trace-file.js'
import brokerScenario from '../scenarios/broker.scenario.js'
import { type RunReport, type RunRequest, run } from '../sim/index.js'
import { assertEqual, type Measure, secondsOf } from './harness.js'

/** Fixed, so that every round does the same work: the stock scenario with its own faults, whole and calm included. */
const seeds = ['1', '2', '3']

/** The stock broker scenario. steps and acceleration have all invariants on; the overheads are against the same runs without, in percent. */
export const brokerMeasures: readonly Measure[] = [
  { name: 'broker/steps', unit: 'steps/s', run: async () => rate(await measure({}), ({ steps }) => steps) },
  { name: 'broker/acceleration', unit: 'virtual s/wall s', run: async () => rate(await measure({}), ({ virtualNanos }) => virtualNanos / 1e9) },
  {
    name: 'broker/invariant-overhead',
    unit: '%',
    run: async () =>
      overhead(
        () => measure({}),
        () => measure({ invariants: false }),
      ),
  },
  { name: 'broker/trace-overhead', unit: '%', run: async () => overhead(withTraceFile, () => measure({})) },
]

interface Measured {
  readonly seconds: number
  readonly reports: readonly RunReport[]
}

const hashes = new Map<string, string>()

async function measure(options: Partial<RunRequest>): Promise<Measured> {
  const reports: RunReport[] = []
  const seconds = await secondsOf(async () => {
    for (const seed of seeds) reports.push(await run({ scenario: brokerScenario, seed, ...options }))
  })
  for (const { seed, outcome, traceHash, violation } of reports) {
    assertEqual(outcome, 'passed', `seed ${seed} (${violation?.message ?? 'no violation'})`)
    // Invariants and the trace only look: they must not change the run.
    assertEqual(hashes.get(seed) ?? traceHash, traceHash, `the trace hash of seed ${seed}`)
    hashes.set(seed, traceHash)
  }
  return { seconds, reports }
}

async function withTraceFile(): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'seedfall-bench-'))
  const path = join(folder, 'trace.jsonl')
  try {
    const trace = new TraceFile(path)
    const measured = await measure({ trace })
    trace.close()
    if (statSync(path).size < total(measured, ({ steps }) => steps) * 50) throw new Error('the trace file lacks steps')
    return measured
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const total = ({ reports }: Measured, count: (report: RunReport) => number): number => reports.reduce((sum, report) => sum + count(report), 0)
const rate = (measured: Measured, count: (report: RunReport) => number): number => total(measured, count) / measured.seconds

/** How much longer the one takes than the other, in percent. */
async function overhead(dearer: () => Promise<Measured>, cheaper: () => Promise<Measured>): Promise<number> {
  const base = await cheaper()
  const { seconds } = await dearer()
  return (seconds / base.seconds - 1) * 100
}
