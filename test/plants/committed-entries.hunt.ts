import raft from '../../scenarios/raft.scenario.js'
import { run } from '../../sim/run/run.js'

/**
 * The raft scenario under CommittedImmutable alone, its history unjudged: what is taken for committed by mistake is mostly applied in the same step, and
 * StateMachineSafety sees that first.
 */
export async function hunt(seed: string): Promise<string | undefined> {
  const invariants = raft.invariants.filter(({ name }) => name === 'CommittedImmutable')
  const { judge: _, ...workload } = raft.workload
  const { outcome, violation } = await run({ scenario: { ...raft, workload, invariants, recovery: [], eventually: [] }, seed })
  return outcome === 'passed' ? undefined : (violation?.check ?? outcome)
}
