import { changingGroup, changingHarnesses } from '../../invariants/raft/core-harness.js'
import { coreInvariants } from '../../invariants/raft/core-invariants.js'
import { walk } from '../../sim/check/machine-walk.js'
import { rootKey } from '../../sim/kernel/root-key.js'

/** A seed's worth of random walks over the Raft core while members come and go: 20 walks of five nodes. */
export function hunt(seed: string): string | undefined {
  return walk(changingHarnesses, coreInvariants(changingGroup), rootKey(seed), { nodes: 5, walks: 20, steps: 2_000 }).failure?.invariant
}
