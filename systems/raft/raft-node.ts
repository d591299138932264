import { DiskError, Misuse } from '../../sim/host/errors.js'
import type { Closable, Host, HostName, Timer } from '../../sim/host/seam.js'
import { raftMachine } from './core.js'
import { DeadlineTimer } from './deadline-timer.js'
import { Busy, CorruptSnapshot, NotLeader, ProposalTimeout, Superseded } from './errors.js'
import { HeldSends } from './held-sends.js'
import { lastIndex, termAt } from './log.js'
import {
  type Entry,
  type MemberId,
  type Position,
  type RaftEvent,
  type RaftInput,
  type RaftMessage,
  type Role,
  samePosition,
  type TimerTag,
} from './messages.js'
import { type RaftNodeOptions, raftNodeOptions } from './raft-node-options.js'
import { RaftTransport } from './raft-transport.js'
import { IncomingSnapshot, OutgoingSnapshot } from './snapshot-transfer.js'
import type { RaftEffect, RaftMachine, RaftState } from './state.js'
import type { StateMachine } from './state-machine.js'
import { CorruptLog } from './wal-recovery.js'
import { WriteAheadLog } from './write-ahead-log.js'

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

/** A read answered by this node: the how-manieth it was asked for, and up to where the state machine had applied. */
export interface AnsweredRead {
  readonly ordinal: number
  readonly applied: number
}

/** Answer n is kept at place n modulo this. */
export const answeredReadsKept = 64

export interface Leadership {
  readonly role: Role
  readonly term: number
  readonly leader: HostName | undefined
}

/**
 * One member of a Raft group as a process on a host: it recovers, drives the core, and carries out its effects in their order. What a message vouches for is
 * durable before it leaves. Entries are applied as soon as they are committed and durable here; the log is compacted behind them.
 *
 * A disk that fails ends the process (`host.exit`), as does a log or snapshot found damaged at the start.
 */
export class RaftNode<Result = unknown> {
  /** Rises with everything that happens to the core: who looks on need look again only then. */
  changes = 0
  /** The last entry given to the state machine, or covered by the snapshot it holds. */
  applied: number
  /** All up to here is durable in the state machine. */
  flushed: Position
  /** What the core holds; to be read only. */
  readonly machineState: RaftState
  readonly group: string
  readonly peers: readonly HostName[]
  /** Of the write-ahead log, for those who read it on the disk. */
  readonly walDirectory: string
  readonly stateMachine: StateMachine<Result>
  /** Reads asked for so far, and those of the last few that were answered: what they saw. */
  readsAsked = 0
  readsAnswered = 0
  readonly answeredReads: AnsweredRead[] = []
  readonly #host: Host
  readonly #options: RaftNodeOptions
  readonly #machine: RaftMachine
  readonly #log: WriteAheadLog
  readonly #transport: RaftTransport
  readonly #timers: Record<TimerTag, DeadlineTimer>
  readonly #held: HeldSends
  readonly #send = (to: MemberId, message: RaftMessage): void => this.#transport.send(to, message)
  readonly #listeners: ((leadership: Leadership) => void)[] = []
  #durableToken = 0
  #isStepping = false
  #waitingInputs: RaftInput[] = []
  #nextRequest = 1
  /** Proposals by request, until the core answers in the same step; then by index. */
  readonly #asked = new Map<number, PendingProposal>()
  readonly #proposed = new Map<number, PendingProposal>()
  readonly #reads = new Map<number, PendingRead>()
  #confirmedReads: { readonly index: number; readonly read: PendingRead }[] = []
  /** Flushes, captures and installations, one after the other. */
  #storage: Promise<unknown> = Promise.resolve()
  #entriesSinceFlush = 0
  #bytesSinceFlush = 0
  #isCompacting = false
  #outgoing: OutgoingSnapshot | null = null
  #isCapturing = false
  /** What followers asked for while the snapshot was being captured, by follower. */
  readonly #wanted = new Map<MemberId, ChunkWanted>()
  readonly #outgoingIdle: DeadlineTimer
  #incoming: IncomingSnapshot | null = null

  /** Recovers the member and starts it. `stateMachine` belongs to it from here on. */
  static async start<Result>(host: Host, group: RaftGroup<Result>): Promise<RaftNode<Result>> {
    const options = raftNodeOptions(group.options)
    if (!group.peers.includes(host.name)) throw new Misuse(`${host.name} is not among the members of ${group.group}: ${group.peers.join(', ')}`)
    try {
      const applied = await group.stateMachine.open()
      const log = await WriteAheadLog.open(host, walDirectory(group), { segmentBytes: options.walSegmentBytes })
      const { base } = log.recovered
      if (log.isNew && applied.index > 0) throw new CorruptLog(`the state machine holds ${applied.index} entries, and there is no write-ahead log`)
      if (base.index > applied.index) throw new CorruptLog(`the log begins after entry ${base.index}, and the state machine holds only ${applied.index}`)
      return new RaftNode(host, group, options, log, applied)
    } catch (error) {
      if (error instanceof DiskError || error instanceof CorruptLog || error instanceof CorruptSnapshot) host.exit(`${group.group}: ${error.message}`)
      throw error
    }
  }

  private constructor(host: Host, group: RaftGroup<Result>, options: RaftNodeOptions, log: WriteAheadLog, applied: Position) {
    this.#host = host
    this.#options = options
    this.group = group.group
    this.peers = group.peers
    this.walDirectory = walDirectory(group)
    this.stateMachine = group.stateMachine
    this.applied = applied.index
    this.flushed = applied
    this.#log = log
    this.#held = new HeldSends(options.maxHeldMessages)
    this.#transport = new RaftTransport(host, group.group, group.peers, (from, message) => this.#receive(from, message))
    const timer = (tag: TimerTag) => new DeadlineTimer(host.clock, () => this.#step({ kind: 'timer', tag }))
    this.#timers = { lease: timer('lease'), election: timer('election'), heartbeat: timer('heartbeat'), 'check-quorum': timer('check-quorum') }
    this.#outgoingIdle = new DeadlineTimer(host.clock, () => {
      this.#outgoing = null
    })
    log.onDurable((token) => this.#saved(token))
    this.#machine = raftMachine(options)
    const { hardState, base, entries, suspect } = log.recovered
    const peers = group.peers.map((_, id) => id)
    const durable = { hardState, base, entries, applied, incarnation: host.incarnation, suspect }
    const { state, effects } = this.#machine.boot({ id: group.peers.indexOf(host.name), peers }, durable)
    this.machineState = state
    if (suspect) host.log.warn('raft.suspect', { group: group.group, lastIndex: this.lastIndex })
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
  get lastIndex(): number {
    return lastIndex(this.machineState.log)
  }
  get isLeader(): boolean {
    return this.machineState.role === 'leader'
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
  propose(data: Uint8Array, options: { timeout?: number } = {}): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#asked.size + this.#proposed.size >= this.#options.maxPendingProposals) {
        reject(new Busy())
        return
      }
      const id = this.#nextRequest++
      const proposal: PendingProposal = { resolve: resolve as (result: unknown) => void, reject, index: 0, term: 0, timer: null }
      if (options.timeout !== undefined) proposal.timer = this.#host.clock.timer(options.timeout, () => this.#expire(id, proposal))
      this.#asked.set(id, proposal)
      this.#input({ kind: 'propose', id, data })
    })
  }

  /**
   * Settles once this member was the leader at some time after the call and has applied all that was committed before it: what is read from the state machine
   * then is linearizable. Rejects with `NotLeader` or `Busy`.
   */
  readIndex(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#reads.size + this.#confirmedReads.length >= this.#options.maxPendingReads) {
        reject(new Busy())
        return
      }
      const id = this.#nextRequest++
      this.#reads.set(id, { ordinal: ++this.readsAsked, resolve, reject })
      this.#input({ kind: 'read', id })
    })
  }

  #expire(id: number, proposal: PendingProposal): void {
    this.#asked.delete(id)
    if (this.#proposed.get(proposal.index) === proposal) this.#proposed.delete(proposal.index)
    proposal.reject(new ProposalTimeout())
  }

  // ---------------------------------------------------------------- the core

  #receive(from: MemberId, message: RaftMessage): void {
    const carriesData = message.kind === 'append-request' || message.kind === 'snapshot-chunk-request'
    if (carriesData && this.#log.pendingBytes > this.#options.maxWalBacklogBytes) return
    this.#step({ kind: 'message', from, message })
  }

  #saved(token: number): void {
    this.#durableToken = token
    this.#held.release(token, this.#send)
    this.#step({ kind: 'saved', token })
  }

  /** What a state machine or a listener asks for in the middle of a step waits for its end. */
  #input(input: RaftInput): void {
    if (this.#isStepping) this.#waitingInputs.push(input)
    else this.#step({ kind: 'input', input })
  }

  #step(event: Parameters<RaftMachine['step']>[1]): void {
    this.changes++
    this.#isStepping = true
    this.#carryOut(this.#machine.step(this.machineState, event))
    while (this.#waitingInputs.length > 0) {
      const inputs = this.#waitingInputs
      this.#waitingInputs = []
      for (const input of inputs) this.#carryOut(this.#machine.step(this.machineState, { kind: 'input', input }))
    }
    this.#isStepping = false
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
          const [shortest, longest] = effect.between
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
        this.#apply(event.entries)
        break
      case 'proposed':
        this.#onProposed(event)
        break
      case 'proposal-rejected': {
        const proposal = this.#asked.get(event.id)
        this.#asked.delete(event.id)
        proposal?.timer?.cancel()
        proposal?.reject(this.#refusal(event))
        break
      }
      case 'read-ready': {
        const read = this.#takeRead(event.id)
        if (this.applied >= event.index) this.#answer(read)
        else this.#confirmedReads.push({ index: event.index, read })
        break
      }
      case 'read-rejected':
        this.#takeRead(event.id).reject(this.#refusal(event))
        break
      case 'leadership':
        this.#onLeadership(event)
        break
      case 'chunk-wanted':
        this.#onChunkWanted(event)
        break
      case 'chunk-received':
        if (event.offset === 0) this.#incoming = new IncomingSnapshot(event.snapshot, event.total)
        if (!this.#incoming?.add(event.snapshot, event.offset, event.bytes)) this.#incoming = null
        break
      case 'install':
        void this.#install(event.snapshot)
        break
      case 'trusted':
        this.#host.log.info('raft.trusted', { group: this.group })
    }
  }

  #refusal({ reason, leader }: { readonly reason: 'not-leader' | 'busy'; readonly leader: MemberId | null }): NotLeader | Busy {
    return reason === 'busy' ? new Busy() : new NotLeader(leader === null ? undefined : this.peers[leader])
  }

  #takeRead(id: number): PendingRead {
    const read = this.#reads.get(id)
    if (read === undefined) throw new Misuse(`the core answers a read ${id} that nobody asked for`)
    this.#reads.delete(id)
    return read
  }

  #answer(read: PendingRead): void {
    this.answeredReads[this.readsAnswered++ % answeredReadsKept] = { ordinal: read.ordinal, applied: this.applied }
    read.resolve()
  }

  #onProposed({ id, index, term }: { readonly id: number; readonly index: number; readonly term: number }): void {
    const proposal = this.#asked.get(id)
    if (proposal === undefined) return
    this.#asked.delete(id)
    proposal.index = index
    proposal.term = term
    this.#proposed.set(index, proposal)
  }

  #onLeadership({ role, term, leader }: RaftEvent & { kind: 'leadership' }): void {
    if (role === 'leader') {
      this.#host.log.info('raft.leader', { group: this.group, term })
      this.#host.mark('leading')
    } else if (this.#proposed.size > 0) {
      const proposals = [...this.#proposed.values()]
      this.#proposed.clear()
      for (const proposal of proposals) this.#supersede(proposal)
    }
    if (this.#listeners.length === 0) return
    const leadership: Leadership = { role, term, leader: leader === null ? undefined : this.peers[leader] }
    for (const listener of this.#listeners.slice()) listener(leadership)
  }

  #supersede(proposal: PendingProposal): void {
    proposal.timer?.cancel()
    proposal.reject(new Superseded(proposal.index, proposal.term))
  }

  // ---------------------------------------------------------------- applying

  #apply(entries: readonly Entry[]): void {
    for (let i = 0; i < entries.length; i++) {
      const { index, term, kind, data } = entries[i] as Entry
      if (index !== this.applied + 1) throw new Misuse(`entry ${index} is to be applied after entry ${this.applied}`)
      const proposal = this.#proposed.get(index)
      if (proposal !== undefined) this.#proposed.delete(index)
      if (kind === 'normal') {
        const result = this.stateMachine.apply(index, term, data)
        if (proposal?.term === term) {
          proposal.timer?.cancel()
          proposal.resolve(result)
        }
      }
      this.applied = index
      if (proposal !== undefined && proposal.term !== term) this.#supersede(proposal)
      this.#bytesSinceFlush += data.length
    }
    this.#entriesSinceFlush += entries.length
    this.#settleReads()
    const isDue = this.#entriesSinceFlush >= this.#options.compactAfterEntries || this.#bytesSinceFlush >= this.#options.compactAfterBytes
    if (isDue && !this.#isCompacting) void this.#compact()
  }

  #settleReads(): void {
    if (this.#confirmedReads.length === 0) return
    const waiting = this.#confirmedReads.filter(({ index }) => index > this.applied)
    if (waiting.length === this.#confirmedReads.length) return
    for (const { index, read } of this.#confirmedReads) if (index <= this.applied) this.#answer(read)
    this.#confirmedReads = waiting
  }

  /** Flushes the state machine and drops what the log no longer needs. */
  async #compact(): Promise<void> {
    this.#isCompacting = true
    this.#entriesSinceFlush = 0
    this.#bytesSinceFlush = 0
    this.flushed = await this.#exclusively(() => this.stateMachine.flush())
    this.#isCompacting = false
    const index = Math.min(this.flushed.index, this.lastIndex) - this.#options.trailingEntries
    if (index > this.machineState.log.base.index) this.#input({ kind: 'compact', index })
  }

  /** Runs a task of the state machine after those before it. A disk that fails ends the process. */
  async #exclusively<T>(task: () => Promise<T>): Promise<T> {
    const before = this.#storage
    let done: () => void = () => {}
    this.#storage = new Promise<void>((resolve) => {
      done = resolve
    })
    await before
    try {
      return await task()
    } catch (error) {
      if (error instanceof DiskError) this.#host.exit(`the state of ${this.group} cannot be kept: ${error.message}`)
      throw error
    } finally {
      done()
    }
  }

  // ---------------------------------------------------------------- snapshots

  #onChunkWanted(wanted: ChunkWanted): void {
    const snapshot = this.#outgoing
    if (snapshot !== null && snapshot.position.index >= wanted.atLeast) this.#supply(wanted, snapshot)
    else {
      this.#wanted.set(wanted.to, wanted)
      if (!this.#isCapturing) void this.#capture()
    }
  }

  async #capture(): Promise<void> {
    this.#isCapturing = true
    const { index, term, bytes } = await this.#exclusively(() => this.stateMachine.capture())
    this.#isCapturing = false
    const snapshot = new OutgoingSnapshot({ index, term }, bytes)
    this.#outgoing = snapshot
    const followers = [...this.#wanted.values()]
    this.#wanted.clear()
    for (const wanted of followers) {
      if (index >= wanted.atLeast) this.#supply(wanted, snapshot)
      else this.#input({ kind: 'chunk-unavailable', to: wanted.to })
    }
  }

  /** The chunk asked for, or the first one of a newer snapshot. */
  #supply({ to, snapshot: asked, offset: askedOffset }: ChunkWanted, snapshot: OutgoingSnapshot): void {
    const { position, total } = snapshot
    const offset = asked !== null && samePosition(asked, position) ? askedOffset : 0
    this.#outgoingIdle.set(this.#options.snapshotIdle)
    this.#input({ kind: 'chunk', to, snapshot: position, offset, total, bytes: snapshot.chunk(offset, this.#options.snapshotChunkBytes) })
  }

  async #install(snapshot: Position): Promise<void> {
    const bytes = this.#incoming?.state() ?? null
    this.#incoming = null
    const isInstalled = bytes !== null && (await this.#exclusively(() => this.#replaceState({ ...snapshot, bytes })))
    if (!isInstalled) {
      this.#host.log.warn('raft.snapshot-refused', { group: this.group, index: snapshot.index })
      this.#input({ kind: 'install-failed', snapshot })
      return
    }
    this.applied = snapshot.index
    this.flushed = snapshot
    this.#input({ kind: 'installed', snapshot })
    this.#settleReads()
  }
  /** False: the state machine finds the bytes no good. */
  async #replaceState(snapshot: Position & { bytes: Uint8Array }): Promise<boolean> {
    try {
      await this.stateMachine.install(snapshot)
      return true
    } catch (error) {
      if (error instanceof CorruptSnapshot) return false
      throw error
    }
  }
}

type ChunkWanted = RaftEvent & { kind: 'chunk-wanted' }

interface PendingProposal {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  /** 0 until the core has taken it. */
  index: number
  term: number
  timer: Timer | null
}

interface PendingRead {
  readonly ordinal: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

const walDirectory = ({ directory }: { readonly directory: string }): string => `${directory}/wal`
