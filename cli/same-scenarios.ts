import type { CampaignRequest } from '../sim/run/campaign/campaign-file.js'
import type { JournalEntry } from '../sim/run/campaign/journal.js'
import type { ScenarioTotals, Witness } from '../sim/run/campaign/scenario-totals.js'
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
 * Runs one seed of each scenario that had finished before the interruption: results of code that has changed meanwhile do not add up with those of before. Throws
 * `BadInput` where its trace is another. False: it was interrupted itself.
 */
export async function areSameScenarios({ asked, totals, entries }: InterruptedHunt, from: string, folder: string): Promise<boolean> {
  for (const [i, one] of asked.scenarios.entries()) {
    const witness = leastOf([
      ...(totals[i]?.witness == null ? [] : [totals[i].witness]),
      ...entries.flatMap(({ scenario, seed, result: { traceHash } }) => (scenario === i && traceHash !== '' ? [{ seed, traceHash }] : [])),
    ])
    if (witness === undefined) continue
    const { scenario, file } = await loadScenario(one.file ?? one.scenario, folder)
    const { outcome, traceHash } = await interruptible(aboutRun({ scenario, seed: String(witness.seed) }), (signal) =>
      run({ ...seedRequest(one, scenario), seed: String(witness.seed), signal }),
    ).catch((error: unknown) => {
      throw blame(error, file)
    })
    if (outcome === 'interrupted') return false
    if (traceHash !== witness.traceHash)
      throw new BadInput(
        `--resume ${from} cannot go on: ${one.scenario} is another than it was, seed ${witness.seed} had the trace ${witness.traceHash} and has ${traceHash} now; begin a hunt of its own for the changed code`,
      )
  }
  return true
}

function leastOf(witnesses: readonly Witness[]): Witness | undefined {
  return witnesses.toSorted((a, b) => a.seed - b.seed)[0]
}
