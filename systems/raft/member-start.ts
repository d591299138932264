import { Misuse } from '../../sim/host/errors.js'
import type { Host } from '../../sim/host/seam.js'
import { raftMachine } from './core.js'
import { lifeOf } from './life.js'
import type { Durable, Position } from './messages.js'
import { firstConfiguration, type RaftGroup, walDirectory } from './raft-group.js'
import type { RaftLog } from './raft-log.js'
import type { RaftNodeOptions } from './raft-node-options.js'
import type { RaftMachine } from './state.js'
import { CorruptLog } from './wal-recovery.js'
import { WriteAheadLog } from './write-ahead-log.js'

/** The core of a member of this group; throws `Misuse` for what makes no sense on any disk, before one is looked at. */
export function memberMachine({ name }: Host, group: RaftGroup<unknown>, options: RaftNodeOptions): RaftMachine {
  if (!group.peers.includes(name)) throw new Misuse(`${name} is not among the members of ${group.group}: ${group.peers.join(', ')}`)
  if (group.store === undefined && options.restAfterHeartbeats > 0) throw new Misuse(`${group.group} rests only where a RaftStore watches over leaders' hosts`)
  return raftMachine(options, firstConfiguration(group))
}

/** The log of a member that starts: one of its own, or its part of its store's. */
export function openMemberLog(host: Host, group: RaftGroup<unknown>, { walSegmentBytes }: RaftNodeOptions): Promise<RaftLog> {
  const { store, isReplacement = host.incarnation > 1 } = group
  if (store !== undefined) return store.log.of(group.group, isReplacement)
  return WriteAheadLog.open(host, walDirectory(group), { segmentBytes: walSegmentBytes, isReplacement })
}

/** What the member finds in its log and in its state machine, where `applied` is; throws `CorruptLog` when the two cannot be of one member. */
export function foundBy(host: Host, { recovered, isNew, rejoins = 0 }: RaftLog, applied: Position | null): Durable {
  const { hardState, base, configuration, expected, entries, suspect, wiped } = recovered
  const state = applied === null ? 'is damaged' : `holds ${applied.index} entries`
  if (isNew && applied?.index !== 0) throw new CorruptLog(`the state machine ${state}, and there is no write-ahead log`)
  if (base.index > (applied?.index ?? base.index)) throw new CorruptLog(`the state machine ${state}, and the log begins after ${base.index}`)
  return { hardState, base, configuration, expected, entries, applied, incarnation: lifeOf(host.incarnation, rejoins), suspect, wiped }
}
