import broker from '../../scenarios/broker.scenario.js'
import { s } from '../../sim/host/durations.js'
import { run } from '../../sim/run/run.js'

/** The first second of the broker scenario, without faults: for mistakes in the first elections. */
export async function hunt(seed: string): Promise<string | undefined> {
  const { outcome, violation } = await run({ scenario: broker, seed, strategy: 'none', duration: s(1) })
  return outcome === 'passed' ? undefined : (violation?.check ?? outcome)
}
