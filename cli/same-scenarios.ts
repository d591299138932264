import type { CampaignRequest } from '../sim/run/campaign/campaign-file.js'
import type { JournalEntry } from '../sim/run/campaign/journal.js'
import { chosenWitnesses, type ScenarioTotals, type Witness, witnessOf } from '../sim/run/campaign/scenario-totals.js'
import type { RunReport } from '../sim/run/report.js'
import { run } from '../sim/run/run.js'
import { BadInput } from './bad-input.js'
import { loadScenario } from './load-scenario.js'
import { aboutRun, interruptible } from './perform-run.js'
import { blame } from './scenario-fault.js'
import { seedRequest } from './seed-request.js'

export interface InterruptedHunt {
  readonly asked: CampaignRequest
  readonly totals: readonly ScenarioTotals[]
  readonly entries: readonly JournalEntry[]
}

/**
 * Runs, of each scenario, the lowest seed that had passed before the interruption, and the lowest that had failed: results of code that has changed meanwhile do not
 * add up with those of before. Throws `BadInput` where a trace or what was found is another. False: it was interrupted itself.
 */
export async function areSameScenarios({ asked, totals, entries }: InterruptedHunt, from: string, folder: string): Promise<boolean> {
  for (const [i, one] of asked.scenarios.entries()) {
    const journaled = entries.flatMap(({ scenario, seed, result }) => (scenario === i ? (witnessOf(seed, result) ?? []) : []))
    for (const witness of chosenWitnesses([...(totals[i]?.witnesses ?? []), ...journaled])) {
      const { scenario, file } = await loadScenario(one.file ?? one.scenario, folder)
      const seed = String(witness.seed)
      const report = await interruptible(aboutRun({ scenario, seed }), (signal) => run({ ...seedRequest(one, scenario), seed, signal })).catch(
        (error: unknown) => {
          throw blame(error, file)
        },
      )
      if (report.outcome === 'interrupted') return false
      const other = differenceOf(witness, report)
      if (other !== null)
        throw new BadInput(
          `--resume ${from} cannot go on: ${one.scenario} is another than it was, seed ${seed} ${other} now; begin a hunt of its own for the changed code`,
        )
    }
  }
  return true
}

function differenceOf(witness: Witness, { traceHash, outcome, violation }: RunReport): string | null {
  if (traceHash !== witness.traceHash) return `had the trace ${witness.traceHash} and has ${traceHash}`
  const before = witness.check ?? witness.outcome
  const after = outcome === 'passed' ? outcome : (violation?.check ?? outcome)
  return before === after && outcome === witness.outcome ? null : `came to '${before}' and comes to '${after}'`
}
