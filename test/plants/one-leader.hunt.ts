import broker from '../../scenarios/broker.scenario.js'
import { s } from '../../sim/host/durations.js'
import { run } from '../../sim/run/run.js'

/**
 * The first seconds of the broker scenario under ElectionSafety alone, its history unjudged: two leaders of a term soon break what else is checked, in any
 * order, and so do leaders of two terms without a majority.
 */
export async function hunt(seed: string): Promise<string | undefined> {
  const invariants = broker.invariants.filter(({ name }) => name === 'ElectionSafety')
  const { judge: _, ...workload } = broker.workload
  const { outcome, violation } = await run({
    scenario: { ...broker, workload, invariants, recovery: [], eventually: [] },
    seed,
    kinds: ['net.partition'],
    duration: s(8),
  })
  return outcome === 'passed' ? undefined : (violation?.check ?? outcome)
}
