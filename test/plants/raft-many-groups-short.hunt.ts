import scenario from '../../scenarios/raft-many-groups.scenario.js'
import { run, s } from '../../sim/index.js'

/** Runs that are soon calm, in which few groups have anything new to say, and heartbeats come late again and again: some follower means to campaign, and need not. */
export async function hunt(seed: string): Promise<string | undefined> {
  const { outcome, violation } = await run({
    scenario,
    seed,
    kinds: ['net.delay'],
    options: { 'net.delay.everyMillis': 250, 'net.delay.lastsMillis': 200, 'net.delay.perMille': 100, 'net.delay.mostMillis': 250 },
    duration: s(4),
  })
  return outcome === 'passed' ? undefined : (violation?.check ?? outcome)
}
