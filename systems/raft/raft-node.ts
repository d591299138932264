import { DiskError, Misuse } from '../../sim/host/errors.js'
import type { Closable, Host, HostName, Nanos } from '../../sim/host/seam.js'
import { AppliedState } from './applied-state.js'
import type { MembershipChange } from './configuration.js'
import { Busy, CorruptSnapshot, NotLeader } from './errors.js'
import { GroupMembers } from './group-members.js'
import { HeldSends } from './held-sends.js'
import { lastIndex, termAt } from './log.js'
import { foundBy, memberMachine, openMemberLog } from './member-start.js'
import { type MemberTimers, memberTimers } from './member-timers.js'
import type { MemberId, Position, RaftEvent, RaftInput, RaftMessage, Role, TimerTag } from './messages.js'
import { PendingReads } from './pending-reads.js'
import { Proposals } from './proposals.js'
import { type RaftGroup, walDirectory } from './raft-group.js'
import type { RaftLog } from './raft-log.js'
import { type RaftNodeOptions, raftNodeOptions } from './raft-node-options.js'
import type { RaftStore } from './raft-store.js'
import { type MemberTransport, RaftTransport, type Receive } from './raft-transport.js'
import { refusal } from './refusal.js'
import type { RaftEffect, RaftMachine, RaftState } from './state.js'
import type { StateMachine } from './state-machine.js'
import { CorruptLog } from './wal-recovery.js'

export interface Leadership {
  readonly role: Role
  readonly term: number
  readonly leader: HostName | undefined
}

/**
 * One member of a Raft group as a process on a host: it recovers, drives the core, and carries out its effects in their order. What a message vouches for is
 * durable before it leaves. Entries are applied as soon as they are committed and durable here; the log is compacted behind them.
 *
 * A disk that fails ends the process (`host.exit`), as does a log found damaged at the start. A state machine that lost what it held, found at the start or
 * later, gets it anew from the leader: until then the member votes and acknowledges, and neither leads nor applies.
 */
export class RaftNode<Result = unknown> {
  /** Rises with everything that happens to the core: who looks on need look again only then. */
  changes = 0
  /** The highest term that any message vouched for: it has to be durable. */
  saidTerm = 0
  /** What the core holds; to be read only. */
  readonly machineState: RaftState
  readonly group: string
  readonly peers: readonly HostName[]
  /** Of the write-ahead log, for those who read it on the disk. */
  readonly walDirectory: string
  readonly hasLeaseReads: boolean
  /** Other groups write to it, too. */
  readonly sharesWal: boolean
  readonly stateMachine: StateMachine<Result>
  readonly reads = new PendingReads()
  /** Who belongs to the group, and who leads it: to be looked at, and changed. */
  readonly members: GroupMembers
  readonly #host: Host
  readonly #options: RaftNodeOptions
  readonly #machine: RaftMachine
  readonly #log: RaftLog
  readonly #store: RaftStore | undefined
  readonly #transport: MemberTransport
  readonly #timers: MemberTimers
  readonly #held: HeldSends
  readonly #send = (to: MemberId, message: RaftMessage): void => {
    if (message.term > this.saidTerm && message.kind !== 'pre-vote-request' && message.kind !== 'pre-vote-response') this.saidTerm = message.term
    this.#transport.send(to, message)
  }
  readonly #listeners: ((leadership: Leadership) => void)[] = []
  #durableToken = 0
  #isStepping = false
  #waitingInputs: RaftInput[] = []
  #nextRequest = 1
  readonly #proposals: Proposals
  readonly #applied: AppliedState<Result>
  #isStopping = false
  #stopped: Promise<void> | null = null

  /** Recovers the member and starts it. `stateMachine` belongs to it from here on. */
  static async start<Result>(host: Host, group: RaftGroup<Result>): Promise<RaftNode<Result>> {
    const given = raftNodeOptions(group.options)
    const options = host.maybe('raft.single-entries') ? { ...given, maxBatchBytes: 1 } : given
    const machine = memberMachine(host, group, options)
    try {
      const applied = await group.stateMachine.open()
      const log = await openMemberLog(host, group, options)
      return new RaftNode(host, group, options, machine, log, applied)
    } catch (error) {
      if (error instanceof DiskError || error instanceof CorruptLog || error instanceof CorruptSnapshot) host.exit(`${group.group}: ${error.message}`)
      throw error
    }
  }

  private constructor(host: Host, group: RaftGroup<Result>, options: RaftNodeOptions, machine: RaftMachine, log: RaftLog, applied: Position | null) {
    const peers = group.peers.map((_, id) => id)
    const { state, effects } = machine.boot({ id: group.peers.indexOf(host.name), peers }, foundBy(host, log, applied))
    this.machineState = state
    this.#machine = machine
    this.#host = host
    this.#options = options
    this.group = group.group
    this.peers = group.peers
    const { store } = group
    this.#store = store
    this.walDirectory = store === undefined ? walDirectory(group) : store.walDirectory
    this.sharesWal = store !== undefined
    this.stateMachine = group.stateMachine
    this.#log = log
    this.#held = new HeldSends(options.maxHeldMessages)
    this.#proposals = new Proposals(host.clock)
    this.#applied = new AppliedState(this, host, group.stateMachine, options, this.#proposals, applied)
    this.#timers = memberTimers(host.clock, store, (tag) => this.#onTimer(tag))
    this.hasLeaseReads = options.leaseReadsDriftPpm !== null
    this.members = new GroupMembers(this, host.clock, 2 * options.electionTimeout[1])
    // From here on nothing fails: a member that does not come to be is not spoken to, and its store knows nothing of it.
    const receive: Receive = (from, message) => this.#receive(from, message)
    this.#transport = store === undefined ? new RaftTransport(host, group.group, group.peers, receive) : store.transport(group.group, group.peers, receive)
    log.onDurable((token) => this.#saved(token))
    log.repeats?.(() => this.machineState.log.entries)
    store?.began(this)
    if (state.suspect) host.log.warn('raft.suspect', { group: group.group, lastIndex: this.lastIndex })
    if (state.lacks > 0 || applied === null) this.#applied.foundLost(applied === null)
    this.#carryOut(effects)
    log.flush()
  }

  // ---------------------------------------------------------------- to be read, by anyone

  get id(): MemberId {
    return this.machineState.id
  }
  get role(): Role {
    return this.machineState.role
  }
  get term(): number {
    return this.machineState.term
  }
  get vote(): MemberId | null {
    return this.machineState.vote
  }
  get commit(): number {
    return this.machineState.commit
  }
  /** The last entry given to the state machine, or covered by the snapshot it holds. */
  get applied(): number {
    return this.#applied.index
  }
  /** All up to here is durable in the state machine. */
  get flushed(): Position {
    return this.#applied.flushed
  }
  get lastIndex(): number {
    return lastIndex(this.machineState.log)
  }
  get isLeader(): boolean {
    return this.machineState.role === 'leader'
  }
  /** Proposals and changes asked of this member whose outcome is not known yet. */
  get pendingProposals(): number {
    return this.#proposals.count
  }
  /** As far as this member knows. */
  get leader(): HostName | undefined {
    const { leader } = this.machineState
    return leader === null ? undefined : this.peers[leader]
  }

  /** The term of the entry at `index`; -1 when the log does not hold it. */
  termAt(index: number): number {
    return termAt(this.machineState.log, index)
  }

  /** Calls `listener` whenever role, term or leader changed. */
  onLeadershipChange(listener: (leadership: Leadership) => void): Closable {
    this.#listeners.push(listener)
    return {
      close: () => {
        const at = this.#listeners.indexOf(listener)
        if (at >= 0) this.#listeners.splice(at, 1)
      },
    }
  }

  // ---------------------------------------------------------------- requests

  /**
   * Settles with the state machine's result once the entry is committed and applied here. Rejects with `NotLeader` or `Busy` when it certainly was not
   * appended, with `Superseded` or `ProposalTimeout` when nobody can tell. `data` must not be changed afterwards.
   */
  propose(data: Uint8Array, options: { timeout?: Nanos } = {}): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#isStopping) {
        reject(new NotLeader(undefined))
        return
      }
      if (this.#proposals.count >= this.#options.maxPendingProposals) {
        reject(new Busy())
        return
      }
      const id = this.#nextRequest++
      this.#proposals.ask(id, options.timeout, resolve as (result: unknown) => void, reject)
      this.input({ kind: 'propose', id, data })
    })
  }

  /**
   * Settles once this member was the leader at some time after the call and has applied all that was committed before it: what is read from the state machine
   * then is linearizable. Rejects with `NotLeader` or `Busy`.
   */
  readIndex(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.reads.count >= this.#options.maxPendingReads) {
        reject(new Busy())
        return
      }
      const id = this.#nextRequest++
      this.reads.ask(id, resolve, reject)
      // A lease that is over by the clock is over, whatever the timers know of it.
      this.#timers['read-lease-0'].fireIfDue()
      this.#timers['read-lease-1'].fireIfDue()
      this.input({ kind: 'read', id })
    })
  }

  /** For `members`. */
  change(change: MembershipChange): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = this.#nextRequest++
      this.#proposals.ask(id, undefined, () => resolve(), reject)
      this.input({ kind: 'change-membership', id, change })
    })
  }

  /**
   * Ends this member's part: it leads no longer, refuses proposals and reads, and neither votes nor answers the others. Settles when all that it said is durable,
   * the state machine is flushed and its files are closed.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#end()
    return this.#stopped
  }

  async #end(): Promise<void> {
    this.#isStopping = true
    this.#applied.stop()
    this.#transport.close()
    this.input({ kind: 'resign' })
    this.#proposals.end(this.term)
    this.#store?.rests(this, false)
    // What others wait for is durable, and said.
    await this.#log.drain()
    await this.#applied.flush()
    await this.#log.close()
    await this.stateMachine.close?.()
  }

  // ---------------------------------------------------------------- the core

  #receive(from: MemberId, message: RaftMessage): void {
    const carriesData = message.kind === 'append-request' || message.kind === 'snapshot-chunk-request'
    if (carriesData && this.#log.pendingBytes > this.#options.maxWalBacklogBytes) return
    this.#step({ kind: 'message', from, message })
  }

  #onTimer(tag: TimerTag): void {
    if (!this.#isStopping) this.#step({ kind: 'timer', tag })
  }

  #saved(token: number): void {
    this.#durableToken = token
    this.#held.release(token, this.#send)
    this.#step({ kind: 'saved', token })
  }

  /** What a state machine or a listener asks for in the middle of a step waits for its end. */
  input(input: RaftInput): void {
    if (this.#isStepping) this.#waitingInputs.push(input)
    else this.#step({ kind: 'input', input })
  }

  #step(event: Parameters<RaftMachine['step']>[1]): void {
    this.changes++
    this.#isStepping = true
    try {
      this.#carryOut(this.#machine.step(this.machineState, event))
      while (this.#waitingInputs.length > 0) {
        const input = this.#waitingInputs.shift() as RaftInput
        this.#carryOut(this.#machine.step(this.machineState, { kind: 'input', input }))
      }
    } finally {
      // What was refused with an error is the caller's: the next step is not to wait for ever for the end of this one.
      this.#isStepping = false
    }
    this.#log.flush()
  }

  #carryOut(effects: readonly RaftEffect[]): void {
    for (let i = 0; i < effects.length; i++) {
      const effect = effects[i] as RaftEffect
      switch (effect.kind) {
        case 'send':
          if (effect.after !== undefined && effect.after > this.#durableToken) this.#held.hold(effect.to, effect.message, effect.after)
          else this.#send(effect.to, effect.message)
          break
        case 'save':
          this.#log.save(effect.token, effect.change)
          break
        case 'timer': {
          const shortest = effect.between[0]
          const longest = effect.between[1]
          const delay = shortest === longest ? shortest : shortest + this.#host.random.int(longest - shortest + 1)
          this.#timers[effect.tag as TimerTag].set(delay)
          break
        }
        case 'cancel':
          this.#timers[effect.tag as TimerTag].cancel()
          break
        case 'emit':
          this.#onEvent(effect.event)
          break
        case 'choose':
          throw new Misuse(`Raft asks for no choices, but for ${effect.key}`)
      }
    }
  }

  #onEvent(event: RaftEvent): void {
    switch (event.kind) {
      case 'apply':
        this.#applied.apply(event.entries, event.hasMore)
        break
      case 'proposed':
        this.#proposals.appended(event.id, event.index, event.term)
        break
      case 'proposal-rejected':
        this.#proposals.refused(event.id, refusal(event, this.group, this.peers))
        break
      case 'proposal-lost':
        this.#proposals.lost(event.id, event.term)
        break
      case 'read-ready':
        this.reads.confirmed(event.id, event.index, this.applied, event.isByLease)
        break
      case 'read-rejected':
        this.reads.refused(event.id, refusal(event, this.group, this.peers))
        break
      case 'leadership':
        this.#onLeadership(event)
        break
      case 'chunk-wanted':
        this.#applied.snapshots.onChunkWanted(event)
        break
      case 'chunk-received':
        this.#applied.receiveChunk(event)
        break
      case 'install':
        this.#applied.install(event.snapshot)
        break
      case 'resting':
        if (event.isResting) this.#host.check.reachable('an idle group rests')
        else this.#host.check.reachable('a resting group is woken')
        this.#store?.rests(this, event.isResting)
        break
      case 'configuration':
        this.#host.check.reachable('another configuration is in force')
        this.#applied.snapshots.onConfiguration()
        break
      case 'trusted':
        this.#host.log.info('raft.trusted', { group: this.group })
    }
  }

  #onLeadership({ role, term, leader }: RaftEvent & { kind: 'leadership' }): void {
    if (role === 'leader') {
      this.#host.log.info('raft.leader', { group: this.group, term })
      this.#host.check.sometimes('a later leader is elected', term > 1)
      this.#host.mark('leading')
      if (this.#host.maybe('raft.heartbeat-at-once')) this.input({ kind: 'heartbeat' })
    } else {
      this.#proposals.supersede()
      this.#store?.leadsNoLonger(this)
    }
    this.#applied.maybeCompact()
    if (this.#listeners.length === 0) return
    const leadership: Leadership = { role, term, leader: leader === null ? undefined : this.peers[leader] }
    for (const listener of this.#listeners.slice()) listener(leadership)
  }
}
