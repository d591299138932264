import scenario from '../../scenarios/raft-many-groups.scenario.js'
import { run, s } from '../../sim/index.js'

/** Runs that are soon calm, in which few groups have anything new to say. */
export async function hunt(seed: string): Promise<string | undefined> {
  const { outcome, violation } = await run({ scenario, seed, duration: s(4) })
  return outcome === 'passed' ? undefined : (violation?.check ?? outcome)
}
