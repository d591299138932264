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
  { name: 'broker/steps', unit: 'steps/s', run: async () => rate(await stock('steps'), ({ steps }) => steps) },
  { name: 'broker/acceleration', unit: 'virtual s/wall s', run: async () => rate(await stock('acceleration'), ({ virtualNanos }) => virtualNanos / 1e9) },
  { name: 'broker/invariant-overhead', unit: '%', run: async () => overhead(await stock('invariant-overhead'), await measure({ invariants: false })) },
  { name: 'broker/trace-overhead', unit: '%', run: async () => overhead(await withTraceFile(), await stock('trace-overhead')) },
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

let latest: Measured | null = null
const users = new Set<string>()

/** The stock runs of this round: made once for all measures that look at them. */
async function stock(user: string): Promise<Measured> {
  if (latest === null || users.has(user)) {
    latest = await measure({})
    users.clear()
  }
  users.add(user)
  return latest
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

/** How much longer the one took than the other, in percent. */
const overhead = (dearer: Measured, cheaper: Measured): number => (dearer.seconds / cheaper.seconds - 1) * 100
