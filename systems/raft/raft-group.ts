import type { HostName } from '../../sim/host/seam.js'
import type { RaftNodeOptions } from './raft-node-options.js'
import type { StateMachine } from './state-machine.js'

/** A group as one of its members starts it. */
export interface RaftGroup<Result> {
  /** Lower-case letters, digits and dashes; unique among the groups of these hosts. */
  readonly group: string
  /** All members, self included, in the same order on every one of them. */
  readonly peers: readonly HostName[]
  /** Where the group's log is kept, in `wal` below it. */
  readonly directory: string
  readonly stateMachine: StateMachine<Result>
  readonly options?: Partial<RaftNodeOptions>
}

export const walDirectory = ({ directory }: { readonly directory: string }): string => `${directory}/wal`
