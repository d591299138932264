import { SeedfallError } from '../../sim/host/errors.js'
import type { HostName } from '../../sim/host/seam.js'

/** Nothing was appended: this member does not lead. `leader` is who does, as far as it knows. */
export class NotLeader extends SeedfallError {
  readonly code = 'not-leader'
  constructor(readonly leader: HostName | undefined) {
    super(leader === undefined ? 'this member does not lead, and knows no leader' : `this member does not lead: ${leader} does`)
  }
}

/** Nothing was appended: too much is uncommitted or waiting already. */
export class Busy extends SeedfallError {
  readonly code = 'busy'
  constructor() {
    super('nothing was appended: too much is waiting to be committed, or leadership is being handed on; ask again later')
  }
}

/** Nothing was appended: the last change of the configuration is not committed yet, or nothing of this leader's term is. To be tried again later. */
export class ChangePending extends SeedfallError {
  readonly code = 'change-pending'
  constructor() {
    super('nothing was changed: another change of the configuration is not committed yet, or the leader is new; ask again later')
  }
}

/** The leader goes on: the other did not take over in time. It may yet. */
export class TransferFailed extends SeedfallError {
  readonly code = 'transfer-failed'
  constructor(readonly to: HostName) {
    super(
      `${to} did not take over the leadership in time: it may be away, or far behind; this member goes on, without lease reads in this term if it told it to`,
    )
  }
}

/**
 * The leader that took the proposal stopped leading before this member saw it committed: a later leader may commit it yet, or replace it. The outcome is unknown.
 * `index` is null when the proposal was handed on to that leader, and no answer came.
 */
export class Superseded extends SeedfallError {
  readonly code = 'superseded'
  constructor(
    readonly index: number | null,
    readonly term: number,
  ) {
    const what = index === null ? `a proposal that was handed on to the leader of term ${term}` : `entry ${index} of term ${term}`
    super(`${what} was not seen committed while that leader led: its outcome is unknown`)
  }
}

/** The time that the caller allowed is up; the entry may be committed yet. The outcome is unknown. */
export class ProposalTimeout extends SeedfallError {
  readonly code = 'proposal-timeout'
  constructor() {
    super('the proposal was not committed in time: its outcome is unknown')
  }
}

/** The store holds nothing of that group. */
export class UnknownGroup extends SeedfallError {
  readonly code = 'unknown-group'
  constructor(readonly group: string) {
    super(`this host holds nothing of group ${group}`)
  }
}

/** A snapshot file, or a snapshot on its way, does not hold what was written. */
export class CorruptSnapshot extends SeedfallError {
  readonly code = 'corrupt-snapshot'
}
