import { Misuse } from '../../sim/host/errors.js'
import type { HostName } from '../../sim/host/seam.js'
import { type Configuration, configurationOf } from './configuration.js'
import type { MemberId } from './messages.js'
import type { RaftNodeOptions } from './raft-node-options.js'
import type { RaftStore } from './raft-store.js'
import type { StateMachine } from './state-machine.js'

/** A group as one of its members starts it. */
export interface RaftGroup<Result> {
  /** Lower-case letters, digits and dashes; unique among the groups of these hosts. */
  readonly group: string
  /** All hosts that ever may be members, self included, in the same order on every one of them. */
  readonly peers: readonly HostName[]
  /** Those that vote when the group begins; all, when not given. The same on every one, for ever: later changes are in the log. */
  readonly voters?: readonly HostName[]
  readonly learners?: readonly HostName[]
  /**
   * This host had a disk before that is lost: what it said then is forgotten. It neither votes nor counts before it has caught up. Taken for granted in every life
   * but a host's first, and in a store that any group has left; to be said where a lost disk takes the count of lives with it.
   */
  readonly isReplacement?: boolean
  /** What this host's groups share; without one the group has a log and heartbeats of its own. Given by `RaftStore.start`. */
  readonly store?: RaftStore
  /** Where the group's log is kept, in `wal` below it. */
  readonly directory: string
  readonly stateMachine: StateMachine<Result>
  readonly options?: Partial<RaftNodeOptions>
}

/** The configuration that the group begins with. */
export function firstConfiguration({
  group,
  peers,
  voters = peers,
  learners = [],
}: Pick<RaftGroup<unknown>, 'group' | 'peers' | 'voters' | 'learners'>): Configuration {
  const member = (name: HostName): MemberId => {
    const id = peers.indexOf(name)
    if (id < 0) throw new Misuse(`${name} is not among the hosts of ${group}: ${peers.join(', ')}`)
    return id
  }
  return configurationOf(voters.map(member), learners.map(member))
}

export const walDirectory = ({ directory }: { readonly directory: string }): string => `${directory}/wal`
