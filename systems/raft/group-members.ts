import { Misuse } from '../../sim/host/errors.js'
import type { Clock, HostName, Nanos } from '../../sim/host/seam.js'
import { type Configuration, isVoter, type MemberChange, type MembershipChange } from './configuration.js'
import { NotLeader, TransferFailed } from './errors.js'
import type { MemberId, RaftInput, Role } from './messages.js'

/** What a change names hosts by. */
export interface HostChange {
  readonly kind: MemberChange['kind']
  readonly host: HostName
}

/** What of a node it takes to change its group. */
interface Changing {
  readonly peers: readonly HostName[]
  readonly machineState: { readonly id: MemberId; readonly configuration: Configuration; readonly role: Role; readonly leader: MemberId | null }
  /** Leaders rely on their followers' patience. */
  readonly hasLeaseReads: boolean
  /** Proposes, and settles when that is committed and applied here. */
  change(change: MembershipChange): Promise<void>
  input(input: RaftInput): void
  onLeadershipChange(listener: () => void): { close(): void }
}

/**
 * Who belongs to a group, and who leads it: asked of the leader's node. Changes settle once they are committed; they reject with `NotLeader`, `Busy` or
 * `ChangePending` when they certainly were not made, with `Superseded` when nobody can tell, with `Misuse` when they cannot be made. Hosts are named among the
 * group's `peers`.
 */
export class GroupMembers {
  readonly #node: Changing
  readonly #clock: Clock
  readonly #patience: Nanos

  /** `patience`: how long a transfer of leadership may take. */
  constructor(node: Changing, clock: Clock, patience: Nanos) {
    this.#node = node
    this.#clock = clock
    this.#patience = patience
  }

  /** In force here: the newest that is known to be committed. */
  get voters(): readonly HostName[] {
    return this.#names(this.#node.machineState.configuration.voters)
  }
  /** Voters of the configuration that is being left; empty when it is not joint. */
  get outgoing(): readonly HostName[] {
    return this.#names(this.#node.machineState.configuration.outgoing)
  }
  get learners(): readonly HostName[] {
    return this.#names(this.#node.machineState.configuration.learners)
  }

  addVoter(host: HostName): Promise<void> {
    return this.change([{ kind: 'voter', host }])
  }
  /** It gets everything, and does not vote; a voter becomes one. */
  addLearner(host: HostName): Promise<void> {
    return this.change([{ kind: 'learner', host }])
  }
  /** A leader that is removed steps down. */
  remove(host: HostName): Promise<void> {
    return this.change([{ kind: 'remove', host }])
  }

  /**
   * Several at once go through a joint configuration, which is left by itself (two learners, too: what is counted is what was asked for); settles when that is
   * entered. What changes nothing, such as removing a host that is no member, is committed as any change is.
   */
  async change(changes: readonly HostChange[], through: 'auto' | 'joint' | 'joint-until-told' = 'auto'): Promise<void> {
    await this.#node.change({ kind: 'change', changes: changes.map(({ kind, host }) => ({ kind, member: this.#member(host) })), through })
  }
  async leaveJoint(): Promise<void> {
    await this.#node.change({ kind: 'leave' })
  }

  /**
   * Settles once this member leads no longer; rejects with `TransferFailed` when it still does after a while, with `NotLeader` when it never did, with `Misuse` when
   * the host is this one or does not vote. Once the other was told to take over, reads are not answered by lease any more in this term, even when it fails to.
   */
  transferLeadership(to: HostName): Promise<void> {
    const member = this.#member(to)
    return new Promise((resolve, reject) => {
      const { machineState, peers } = this.#node
      if (machineState.role !== 'leader') {
        reject(new NotLeader(machineState.leader === null ? undefined : peers[machineState.leader]))
        return
      }
      if (member === machineState.id) {
        reject(new Misuse(`${to} leads already: hand leadership on to another of its voters, ${this.voters.join(', ')}`))
        return
      }
      if (!isVoter(machineState.configuration, member)) {
        reject(new Misuse(`${to} does not vote, so that it cannot lead: make it a voter first, or name one of ${this.voters.join(', ')}`))
        return
      }
      const watching = this.#node.onLeadershipChange(() => {
        if (machineState.role === 'leader') return
        timer.cancel()
        watching.close()
        resolve()
      })
      const timer = this.#clock.timer(this.#patience, () => {
        watching.close()
        reject(new TransferFailed(to))
      })
      this.#node.input({ kind: 'transfer', to: member })
    })
  }

  /** This member stops believing in the leader, so that another may be elected sooner. Throws `Misuse` with lease reads: their leader relies on its patience. */
  forgetLeader(): void {
    if (this.#node.hasLeaseReads)
      throw new Misuse('a leader that answers reads by its lease cannot be forgotten, as it relies on its followers’ patience: have it transfer its leadership')
    this.#node.input({ kind: 'forget-leader' })
  }

  #member(host: HostName): MemberId {
    const member = this.#node.peers.indexOf(host)
    if (member < 0) throw new Misuse(`${host} is not among the hosts of the group: ${this.#node.peers.join(', ')}`)
    return member
  }

  #names(members: readonly MemberId[]): readonly HostName[] {
    return members.map((member) => this.#node.peers[member] as HostName)
  }
}
