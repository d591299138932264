import { scenarios } from '../scenarios/index.js'
import { s } from '../sim/host/durations.js'
import type { Nanos } from '../sim/host/seam.js'
import { plain } from '../sim/report/palette.js'
import { describeResult } from '../sim/report/run-result.js'
import { idleKinds } from '../sim/run/campaign/fault-totals.js'
import { ScenarioTotals } from '../sim/run/campaign/scenario-totals.js'
import { seedResult } from '../sim/run/campaign/seed-result.js'
import { describeNeverMet, propertiesOver } from '../sim/run/properties-over-runs.js'
import type { RunReport } from '../sim/run/report.js'
import { run } from '../sim/run/run.js'
import type { AnyScenario } from '../sim/run/scenario.js'

/** Seeds that every scenario of Seedfall's own must pass on every change. Hunts run others. */
const fixedSeeds = (scenario: string): readonly string[] => Array.from({ length: seedCounts[scenario] ?? 10 }, (_, i) => String(i + 1))

/** Where others than ten are needed, or few are enough: each scenario of the orchestrator looks at one part of it, and what one misses another sees. */
const seedCounts: Readonly<Record<string, number>> = {
  // Little goes over its few links, so that more seeds are needed for what delays it.
  'kv-cloud': 14,
  'vm-storm': 10,
  'vm-partition': 4,
  'vm-migrate': 4,
  'vm-warm': 3,
  'vm-control-loss': 3,
  'vm-upgrade': 3,
  'vm-scale': 1,
}

/** Of runs that take long for their size; whole ones are for hunts. */
const durations: Readonly<Record<string, Nanos>> = { 'vm-scale': s(20) }

/** What the runs of a scenario must come to at least, as a median: a storm in which little happens proves little. */
const leastMedians: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  broker: { 'acknowledged records': 5_000, 'leader changes': 3, crashes: 3, powerLosses: 1, 'net.partition': 1 },
  'kv-crash': { commits: 100, crashes: 1 },
  'kv-disk': { commits: 100 },
  'kv-cloud': { commits: 50 },
  'kv-concurrent': { commits: 500 },
  'kv-full': { commits: 100 },
  'raft-snapshots': { applied: 500, 'leader changes': 3, crashes: 3 },
  'raft-counter': { 'acknowledged adds': 300, crashes: 1 },
  raft: { applied: 1_000, 'leader changes': 3, crashes: 3, powerLosses: 1, 'net.partition': 1 },
}
/** Kinds that so few runs may miss: a bad sector is met only by who reads there while it is bad, and members read when they start. Hunts see them act. */
const rareKinds: readonly string[] = ['disk.read-error', 'disk.lost-rename']
/** The same of single scenarios: a store reads little from its disk once it has begun, and few hosts have few links to clog; three to five seeds of the orchestrator miss some, too. */
const rareKindsOf: Readonly<Record<string, readonly string[]>> = {
  'kv-disk': ['disk.misdirect-read'],
  'kv-cloud': ['disk.misdirect-read', 'net.clog', 'code.maybe'],
  'kv-concurrent': ['code.maybe'],
  'raft-snapshots': ['disk.misdirect-write', 'disk.misdirect-read'],
  'vm-migrate': ['code.failpoint', 'net.clog'],
  'vm-warm': ['code.failpoint', 'code.maybe', 'disk.write-error', 'net.clog', 'process.crash-loop'],
  'vm-control-loss': ['code.failpoint'],
  'vm-upgrade': ['code.failpoint', 'code.maybe'],
}
/** What the few seeds of the scenarios above may miss; a hunt with --require-sometimes sees it. */
const rareProperties: readonly string[] = [
  'a torn journal is cut off',
  'a torn tail is cut off',
  'a machine is fenced, and begins anew',
  'a later leader is elected',
]
/** Of all crashes, those that must fall between two effects of a step. Fewer of a member's steps have two effects than of a broker's with its clients. */
const leastCrashesInside: Readonly<Record<string, number>> = { broker: 0.3, raft: 0.25 }

/** One check a scenario; the first seed that does not pass is reported as the command line would. */
export async function checkSeeds(): Promise<{ passed: number; failed: number; complaints: string[] }> {
  const complaints: string[] = []
  for (const scenario of scenarios) {
    const complaint = await complaintOf(scenario)
    if (complaint !== null) complaints.push(complaint)
  }
  return { passed: scenarios.length - complaints.length, failed: complaints.length, complaints }
}

async function complaintOf(scenario: AnyScenario): Promise<string | null> {
  const summary = new ScenarioTotals()
  const stated: Pick<RunReport, 'properties'>[] = []
  const seeds = fixedSeeds(scenario.name)
  const duration = durations[scenario.name]
  for (const seed of seeds) {
    const report = await run({ scenario, seed, ...(duration === undefined ? {} : { duration }) })
    if (report.outcome !== 'passed') return describeResult(report, { commands: { again: `npm run sim -- ${scenario.name} --seed ${seed}` } }, plain)
    summary.add(Number(seed), seedResult(report, null))
    stated.push({ properties: report.properties })
  }
  const findings = shortcomings(summary, leastMedians[scenario.name] ?? {}, leastCrashesInside[scenario.name] ?? 0, rareKindsOf[scenario.name])
  const over = propertiesOver(stated, scenario.mustMeet)
  const rare = scenario.name in seedCounts ? rareProperties : []
  const neverMet = over.neverMet.filter(({ name }) => !rare.includes(name))
  if (neverMet.length > 0) findings.push(describeNeverMet({ ...over, neverMet }))
  return findings.length === 0 ? null : `${scenario.name}, seeds ${seeds[0]} to ${seeds.at(-1)}: ${findings.join('; ')}`
}

/** In what too little happened for the runs to prove much. */
export function shortcomings(summary: ScenarioTotals, medians: Readonly<Record<string, number>>, leastInside: number, rare: readonly string[] = []): string[] {
  const found = idleKinds(summary.faults.list())
    .filter((kind) => !rareKinds.includes(kind) && !rare.includes(kind))
    .map((kind) => `${kind} was armed and never acted`)
  for (const [name, least] of Object.entries(medians)) {
    const median = summary.median(name)
    if (median < least) found.push(`a median of ${median} ${name} a run, where ${least} is the least`)
  }
  const { crashesInside } = summary
  if (crashesInside !== null && crashesInside < leastInside) found.push(`${Math.round(100 * crashesInside)}% of crashes fell strictly inside steps`)
  return found
}
