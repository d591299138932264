import { raftHarnesses } from '../../invariants/raft/core-harness.js'
import { raftCoreInvariants } from '../../invariants/raft/core-invariants.js'
import { walk } from '../../sim/check/machine-walk.js'
import { rootKey } from '../../sim/kernel/root-key.js'

/** A seed's worth of random walks over the Raft core alone: 50 walks of three members. For mistakes that need a precise schedule. */
export function hunt(seed: string): string | undefined {
  return walk(raftHarnesses, raftCoreInvariants, rootKey(seed), { nodes: 3, walks: 50, steps: 2_000 }).failure?.invariant
}
