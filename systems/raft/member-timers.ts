import type { Clock } from '../../sim/host/seam.js'
import { DeadlineTimer } from './deadline-timer.js'
import type { MemberTimer } from './heartbeat-ticker.js'
import type { TimerTag } from './messages.js'
import type { RaftStore } from './raft-store.js'

export type MemberTimers = Readonly<Record<TimerTag, MemberTimer>>

/** The timers that the core of one member sets: on the host's clock, or among those that the store keeps for all groups. */
export function memberTimers(clock: Clock, store: RaftStore | undefined, onTimer: (tag: TimerTag) => void): MemberTimers {
  const timer = (tag: TimerTag): MemberTimer => {
    const fire = () => onTimer(tag)
    return store === undefined ? new DeadlineTimer(clock, fire) : store.timer(fire)
  }
  return {
    lease: timer('lease'),
    election: timer('election'),
    heartbeat: store === undefined ? timer('heartbeat') : store.heartbeatTimer(() => onTimer('heartbeat')),
    'check-quorum': timer('check-quorum'),
    transfer: timer('transfer'),
    reminder: timer('reminder'),
    'read-lease-0': timer('read-lease-0'),
    'read-lease-1': timer('read-lease-1'),
  }
}
