import { scenarios } from '../scenarios/index.js'
import { plain } from '../sim/report/palette.js'
import { describeResult } from '../sim/report/run-result.js'
import { run } from '../sim/run/run.js'

/** Seeds that every scenario of Seedfall's own must pass on every change. Campaigns run others. */
const fixedSeeds: readonly string[] = Array.from({ length: 10 }, (_, i) => String(i + 1))

/** One check a scenario; the first seed that does not pass is reported as the command line would. */
export async function checkSeeds(): Promise<{ passed: number; failed: number; complaints: string[] }> {
  const complaints: string[] = []
  for (const scenario of scenarios) {
    for (const seed of fixedSeeds) {
      const report = await run({ scenario, seed })
      if (report.outcome === 'passed') continue
      complaints.push(describeResult(report, { commands: { again: `npm run sim -- ${scenario.name} --seed ${seed}` } }, plain))
      break
    }
  }
  return { passed: scenarios.length - complaints.length, failed: complaints.length, complaints }
}
