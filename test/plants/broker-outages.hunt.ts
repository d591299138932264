import broker from '../../scenarios/broker.scenario.js'
import { s } from '../../sim/host/durations.js'
import type { RunRequest } from '../../sim/run/report.js'
import { run } from '../../sim/run/run.js'

/** The broker scenario under frequent power losses with torn writes: for mistakes in what recovery makes of damage. */
export function requestOf(seed: string): RunRequest {
  return {
    scenario: broker,
    seed,
    kinds: ['power.loss', 'process.crash', 'disk.lost', 'disk.torn', 'disk.lost-rename'],
    options: {
      'power.loss.everyMillis': 1_000,
      'power.loss.restartMillis': 300,
      'power.loss.blackoutPerMille': 300,
      'disk.torn.perMille': 1_000,
      trailingEntries: 4,
      compactionEntries: 60,
    },
    duration: s(40),
  }
}

export async function hunt(seed: string): Promise<string | undefined> {
  const { outcome, violation } = await run(requestOf(seed))
  return outcome === 'passed' ? undefined : (violation?.check ?? outcome)
}
