import scenario from '../../scenarios/raft-many-groups.scenario.js'
import { ms, run, s } from '../../sim/index.js'
import type { Invariant } from '../../sim/run/scenario.js'
import type { MapStore } from '../../systems/raft/many-maps.js'

type Roles = { store: MapStore }

const longest = ms(1_000)

/** Nobody rests for long with a leader whose host is gone: many times the longest election timeout. */
const restsWithTheLiving: Invariant<Roles> = {
  name: 'RestsWithTheLiving',
  begin() {
    const lastUp = new Map<string, number>()
    let next = 0
    return ({ hosts: { store } }, { at }) => {
      if (at < next) return undefined
      next = at + ms(20)
      for (const { name, status } of store) if (status === 'up') lastUp.set(name, at)
      for (const { name, process } of store) {
        for (const { group, leader, machineState } of process?.store.nodes ?? []) {
          if (!machineState.isResting || leader === undefined || at - (lastUp.get(leader) ?? at) <= longest) continue
          return `${group}: ${name} rests with ${leader}, which has been gone for more than a second`
        }
      }
      return undefined
    }
  },
}

/** Many resting groups whose hosts stay away for longer than that, and no other harm: nobody stands still. */
export async function hunt(seed: string): Promise<string | undefined> {
  const { outcome, violation } = await run({
    scenario: { ...scenario, invariants: [...scenario.invariants, restsWithTheLiving] },
    seed,
    kinds: ['process.crash'],
    options: { busyGroups: 1, restAfterHeartbeats: 1, 'process.crash.everyMillis': 3_000, 'process.crash.restartMillis': 2_500 },
    duration: s(15),
  })
  return outcome === 'passed' ? undefined : (violation?.check ?? outcome)
}
