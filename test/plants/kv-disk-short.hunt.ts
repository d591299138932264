import scenario from '../../scenarios/kv-disk.scenario.js'
import { run, s } from '../../sim/index.js'

/** Runs as short as those of a hunt. */
export async function hunt(seed: string): Promise<string | undefined> {
  const { outcome, violation } = await run({ scenario, seed, duration: s(10) })
  return outcome === 'passed' ? undefined : (violation?.check ?? outcome)
}
