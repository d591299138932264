import broker from '../../scenarios/broker.scenario.js'
import { s } from '../../sim/host/durations.js'
import { run } from '../../sim/run/run.js'

/**
 * A few seconds of the broker scenario without faults, judged by its history alone, clients with more to send than may be in flight: for mistakes of clients
 * that reading everything back at the end would show first.
 */
export async function hunt(seed: string): Promise<string | undefined> {
  const { outcome, violation } = await run({
    scenario: { ...broker, invariants: [], recovery: [], eventually: [] },
    seed,
    kinds: [],
    options: { inFlight: 1, batchRecords: 2, recordsPerProduce: 4 },
    duration: s(3),
  })
  return outcome === 'passed' ? undefined : (violation?.check ?? outcome)
}
