import type { MachineAction, NetworkKind } from '../../sim/check/machine-model.js'
import { type MachineView, machineModel, type PreludeStep } from '../../sim/check/machine-model.js'
import type { SpaceModel } from '../../sim/check/model.js'
import { lastIndex } from '../../systems/raft/log.js'
import type { Durable, RaftChange, RaftInput, RaftMessage } from '../../systems/raft/messages.js'
import type { RaftMachine, RaftState } from '../../systems/raft/state.js'
import { raftHarness } from './core-harness.js'
import { type CoreMemory, raftCoreInvariants } from './core-invariants.js'

/** How large a world the Raft core is explored in. */
export interface RaftModelBounds {
  readonly nodes: number
  /** The highest term. */
  readonly terms: number
  /** Entries of a log at most, a leader's first one included. */
  readonly log: number
  /** Crashes of each node at most, any part of the saves in flight having reached the disk. */
  readonly crashes: number
  /** Proposals, reads and compactions in all. */
  readonly inputs: number
  readonly network: NetworkKind
  /** On an unordered network: deliveries that leave their message there, in all. */
  readonly duplicates?: number
  readonly prelude?: readonly PreludeStep<RaftInput>[]
}

/** Entries go one by one, so that a small log shows what a large one would. */
const oneEntryAtATime = { maxBatchBytes: 1 }

/**
 * The Raft core as it runs in a `RaftNode`, with the invariants of Raft and of what disks hold (`core-invariants.ts`): every order of messages, timers, saves and
 * crashes within the bounds. `machine` takes the core's place, to try whether a changed one is found out.
 */
export function raftModel(
  bounds: RaftModelBounds,
  machine?: RaftMachine,
): SpaceModel<MachineView<CoreMemory, RaftState, RaftMessage, Durable, RaftInput, RaftChange>, MachineAction<RaftMessage, RaftInput>> {
  const { nodes, terms, log, crashes, inputs, network, duplicates, prelude } = bounds
  return machineModel(raftHarness({ maxInputs: inputs, raft: oneEntryAtATime }, machine), raftCoreInvariants, {
    nodes,
    network,
    crashes: crashes * nodes,
    crashesEach: crashes,
    within: (state) => state.term <= terms && lastIndex(state.log) <= log,
    ...(duplicates === undefined ? {} : { duplicates }),
    ...(prelude === undefined ? {} : { prelude }),
  })
}
