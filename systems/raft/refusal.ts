import { Misuse } from '../../sim/host/errors.js'
import type { HostName } from '../../sim/host/seam.js'
import { Busy, ChangePending, NotLeader } from './errors.js'
import type { MemberId } from './messages.js'

/** Why the core refused something, as the error that its caller gets. */
export function refusal({ reason, leader, why }: Refusal, group: string, peers: readonly HostName[]): Error {
  switch (reason) {
    case 'busy':
      return new Busy()
    case 'pending':
      return new ChangePending()
    case 'invalid':
      return new Misuse(`${group}: ${why}`)
    case 'not-leader':
      return new NotLeader(leader === null ? undefined : peers[leader])
  }
}

export interface Refusal {
  readonly reason: 'not-leader' | 'busy' | 'pending' | 'invalid'
  readonly leader: MemberId | null
  readonly why?: string
}
