import { Misuse } from '../../../sim/host/errors.js'
import { type Configuration, configurationOf, isVoter } from '../../../systems/raft/configuration.js'
import { raftMachine } from '../../../systems/raft/core.js'
import { termAt } from '../../../systems/raft/log.js'
import type { Durable, Entry, RaftChange, RaftEvent, RaftInput, RaftMessage } from '../../../systems/raft/messages.js'
import { emptyDurable } from '../../../systems/raft/persist.js'
import type { RaftMachine, RaftState } from '../../../systems/raft/state.js'
import type { Act } from './situation.js'

interface Sent {
  readonly from: number
  readonly to: number
  readonly message: RaftMessage
  /** Of what our leaders say where etcd's do not, or say otherwise: it is delivered, and not compared. */
  readonly isAside: boolean
}

interface Member {
  readonly id: number
  readonly machine: RaftMachine
  state: RaftState
  durable: Durable
  saves: { readonly token: number; readonly change: RaftChange }[]
  /** Where its disk's tasks end, where that takes its own time. */
  tasks: number[]
  /** In order; what waits for a save stays until that is durable. */
  outbox: (Sent & { readonly after: number })[]
  inputs: RaftInput[]
  timers: Set<string>
  readonly applied: string[]
  /** By the link's other end: the highest index that it said to hold. */
  readonly held: Map<number, number>
  /** Refused for now: to be asked for again. */
  postponed: RaftInput[]
}

/** What was seen in one step of a situation. */
export interface Seen {
  readonly says: Set<string>
  readonly holds: Map<string, number>
}

/**
 * Raft cores on a stage: the situations' acts, done to them. What the adapter does where the two implementations are not asked in the same way is listed in
 * `interaction.test.ts`.
 */
export class Stage {
  readonly members = new Map<number, Member>()
  network: Sent[] = []
  seen: Seen = { says: new Set(), holds: new Map() }
  #first: Configuration | null = null
  #options: Act & { do: 'begin' } = { do: 'begin', nodes: [], index: 0 }
  #ids = 1

  do(act: Act): void {
    switch (act.do) {
      case 'begin':
        this.#begin(act)
        break
      case 'campaign':
        this.#campaign(this.member(act.at))
        break
      case 'propose':
        this.#input(this.member(act.at), { kind: 'propose', id: this.#ids++, data: new TextEncoder().encode(act.data) })
        break
      case 'change':
        this.#change(act)
        break
      case 'settle':
        this.#settle(act.among.length > 0 ? act.among : [...this.members.keys()])
        break
      case 'work':
        for (const id of act.at) this.#work(this.member(id))
        break
      case 'store':
        for (const id of act.at) this.#store(this.member(id))
        break
      case 'deliver':
        this.#deliver(act)
        break
      case 'beat':
        this.#step(this.member(act.at), { kind: 'timer', tag: 'heartbeat' })
        break
      case 'patience':
        this.#step(this.member(act.at), { kind: 'timer', tag: 'heartbeat' })
        this.#step(this.member(act.at), { kind: 'timer', tag: 'check-quorum' })
        break
      case 'deposed':
        this.#input(this.member(act.at), { kind: 'resign' })
        break
      case 'forget':
        this.#forget(this.member(act.at))
        break
      case 'transfer':
        this.#input(this.member(act.at), { kind: 'transfer', to: act.to })
        break
      case 'unreachable':
        this.#input(this.member(act.at), { kind: 'unreachable', member: act.member })
        break
      case 'compact':
        this.#input(this.member(act.at), { kind: 'compact', index: act.index })
        break
      case 'snapshot':
        this.#sendSnapshot(this.member(act.at), act.to)
        break
    }
  }

  member(id: number): Member {
    return this.members.get(id) as Member
  }

  get hasOwnDiskTime(): boolean {
    return this.#options.ownDiskTime === true
  }

  /** What etcd's members say where ours are silent. */
  isSilent(said: string): boolean {
    const [from, to] = (said.split(' ')[0] as string).split('>').map(Number) as [number, number]
    const { state, held } = this.member(from)
    // The answer to an announced commit repeats an acknowledgement.
    if (said.includes(' holds ')) return held.get(to) === Number(said.split(' ')[2])
    // A leader answers no candidate, as etcd's does not where check-quorum is on.
    return / (pre-)?vote no /.test(said) && state.role === 'leader' && this.#options.checkQuorum !== true
  }

  votes(id: number): boolean {
    return isVoter(this.member(id).state.configuration, id)
  }

  #begin(act: Act & { do: 'begin' }): void {
    if (this.#first === null) {
      this.#options = act
      this.#first = configurationOf(act.voters ?? [], act.learners)
    }
    const { inflight, onePerPage, leaseReads } = this.#options
    const options = {
      maxBatchBytes: 1 << 20,
      ...(inflight === undefined ? {} : { maxInflightMessages: inflight, maxBatchBytes: 1 }),
      ...(onePerPage ? { maxApplyBytes: 1 } : {}),
      ...(leaseReads ? { leaseReadsDriftPpm: 100 } : {}),
    }
    for (const id of act.nodes) {
      const machine = raftMachine(options, this.#first)
      const position = { index: act.index, term: act.index > 0 ? 1 : 0 }
      const durable: Durable = { ...emptyDurable, base: position, applied: position }
      const { state, effects } = machine.boot({ id, peers: [1, 2, 3, 4, 5, 6, 7] }, durable)
      const member: Member = {
        id,
        machine,
        state,
        durable,
        saves: [],
        tasks: [],
        outbox: [],
        inputs: [],
        timers: new Set(),
        applied: [],
        held: new Map(),
        postponed: [],
      }
      this.members.set(id, member)
      this.#carryOut(member, effects, false)
      this.#expire(member)
    }
  }

  /** In etcd's tests a campaign begins at once; where pre-votes are off, so do ours, and voters' patience matters only where check-quorum is on. */
  #campaign(member: Member): void {
    const { state } = member
    if (state.role === 'leader') return
    if (this.#options.preVote) {
      if (this.#options.checkQuorum !== true) for (const each of this.members.values()) this.#expire(each)
      this.#expire(member)
      this.#step(member, { kind: 'timer', tag: 'election' })
      return
    }
    if (state.role !== 'follower') this.#input(member, { kind: 'resign' })
    const before = member.outbox.length
    this.#step(member, { kind: 'message', from: member.id, message: { kind: 'timeout-now', term: state.term } })
    if (this.#options.checkQuorum !== true) return
    for (let i = before; i < member.outbox.length; i++) {
      const { message, ...sent } = member.outbox[i] as (typeof member.outbox)[number]
      if (message.kind !== 'vote-request') continue
      const { isTransfer: _, ...request } = message
      member.outbox[i] = { ...sent, message: request }
    }
  }

  /** What etcd's member does not do with lease reads, ours refuses: its leader, and its patience with it, stand as before. */
  #forget(member: Member): void {
    if (this.#options.leaseReads !== true) {
      this.#input(member, { kind: 'forget-leader' })
      return
    }
    const before = JSON.stringify(member.state)
    let refused: unknown
    try {
      this.#input(member, { kind: 'forget-leader' })
    } catch (error) {
      refused = error
    }
    if (!(refused instanceof Misuse)) throw new Error(`member ${member.id} was told to forget its leader, and refused it by ${refused}`)
    const { leader, leased } = member.state
    if (JSON.stringify(member.state) !== before || leader === null || !leased || !member.timers.has('lease'))
      throw new Error(`member ${member.id} refused to forget its leader, and is not what it was: leader ${leader}, leased ${leased}`)
  }

  #expire(member: Member): void {
    if (member.timers.has('lease')) this.#step(member, { kind: 'timer', tag: 'lease' })
  }

  /** Changes are asked of the leader: they are not handed on. */
  #change({ at, changes, through }: Act & { do: 'change' }): void {
    const asked = this.member(at)
    const leader = asked.state.role === 'leader' ? asked : this.member(asked.state.leader ?? at)
    const change =
      changes.length === 0 ? ({ kind: 'leave' } as const) : ({ kind: 'change', changes: changes.map(([kind, member]) => ({ kind, member })), through } as const)
    this.#input(leader, { kind: 'change-membership', id: this.#ids++, change })
  }

  #settle(among: readonly number[]): void {
    for (let rounds = 0; rounds < 200; rounds++) {
      let isIdle = true
      for (const id of among) {
        const member = this.member(id)
        for (let i = 0; i < 20 && this.#hasWork(member); i++) {
          isIdle = false
          this.#work(member)
          if (this.#options.ownDiskTime) this.#store(member)
        }
      }
      for (const id of among) if (this.#deliverTo(id)) isIdle = false
      if (isIdle) return
    }
    throw new Error('the stage does not come to rest')
  }

  #hasWork({ saves, outbox, inputs }: Member): boolean {
    return saves.length > 0 || outbox.length > 0 || inputs.length > 0
  }

  /** As one round of etcd's `Ready`: what was to be stored is, what was to be sent leaves; what follows from that is for the next round. */
  #work(member: Member): void {
    for (const input of member.inputs.splice(0)) this.#input(member, input)
    if (this.#options.ownDiskTime !== true) {
      const last = member.saves[member.saves.length - 1]?.token ?? member.state.savedToken
      const hadPostponed = member.postponed.length > 0
      this.#send(member, last)
      this.#store(member)
      // What was asked before reaches the disk in the round in which it was asked.
      if (hadPostponed) for (const { change } of member.saves) member.durable = member.machine.persist(member.durable, change)
      return
    }
    const last = member.saves[member.saves.length - 1]?.token ?? 0
    if (last > (member.tasks[member.tasks.length - 1] ?? member.state.savedToken)) member.tasks.push(last)
    // Our candidates ask for votes when their own is durable.
    if (member.state.role === 'candidate') this.#store(member)
    this.#send(member, member.state.savedToken)
  }

  #store(member: Member): void {
    const end = this.#options.ownDiskTime ? (member.tasks.shift() ?? 0) : Number.POSITIVE_INFINITY
    const saves = member.saves.filter(({ token }) => token <= end)
    member.saves = member.saves.filter(({ token }) => token > end)
    for (const { change } of saves) member.durable = member.machine.persist(member.durable, change)
    const last = saves[saves.length - 1]?.token
    if (last === undefined) return
    if (this.#options.ownDiskTime) this.#send(member, last)
    this.#step(member, { kind: 'saved', token: last })
  }

  #send(member: Member, token: number): void {
    // Our answers to heartbeats wait for the term to be durable, etcd's do not.
    const isReady = ({ after, message }: { readonly after: number; readonly message: RaftMessage }): boolean =>
      after <= token || (this.hasOwnDiskTime && message.kind === 'heartbeat-response')
    const ready = member.outbox.filter(isReady)
    member.outbox = member.outbox.filter((sent) => !isReady(sent))
    for (const sent of ready) {
      this.network.push(sent)
      if (!sent.isAside) this.#note(sent)
    }
  }

  #deliver({ to, lose = [], only }: Act & { do: 'deliver' }): void {
    this.network = this.network.filter((sent) => !lose.includes(sent.to))
    for (const id of to) this.#deliverTo(id, only)
  }

  #deliverTo(id: number, only?: 'append'): boolean {
    const isDue = ({ to, message }: Sent): boolean => to === id && (only === undefined || message.kind === 'append-request')
    const due = this.network.filter(isDue)
    this.network = this.network.filter((sent) => !isDue(sent))
    const member = this.members.get(id)
    if (member === undefined) return false
    for (const { from, message, isAside } of due.filter((sent) => !isSubsumed(sent, due)))
      this.#step(member, { kind: 'message', from, message }, isAside && message.kind === 'heartbeat-request')
    return due.length > 0
  }

  #sendSnapshot({ id, state }: Member, to: number): void {
    const snapshot = { index: state.applied, term: termAt(state.log, state.applied) }
    const message: RaftMessage = {
      kind: 'snapshot-chunk-request',
      term: state.term,
      snapshot,
      offset: 0,
      total: 1,
      bytes: new Uint8Array(1),
      configuration: null,
    }
    this.network.push({ from: id, to, message, isAside: false })
  }

  #input(member: Member, input: RaftInput): void {
    this.#step(member, { kind: 'input', input })
  }

  #step(member: Member, event: Parameters<RaftMachine['step']>[1], isAside = false): void {
    const { commit, role } = member.state
    if (event.kind === 'timer') member.timers.delete(event.tag)
    const effects = member.machine.step(member.state, event)
    const isBeat = event.kind === 'timer' && event.tag === 'heartbeat'
    this.#carryOut(member, effects, isAside, isBeat)
    if (event.kind === 'input' && event.input.kind === 'change-membership') this.#answerChange(member, event.input, effects as never)
    // A leader of etcd's tells a new commit index at once.
    if (role === 'leader' && member.state.role === 'leader' && member.state.commit > commit) {
      this.#input(member, { kind: 'heartbeat' })
      for (const input of member.postponed.splice(0)) this.#input(member, input)
    }
  }

  /** A change that is too early is asked for again; for one that cannot be made, etcd's leader appends an empty entry. */
  #answerChange(member: Member, input: RaftInput, effects: readonly { readonly kind: string; readonly event?: RaftEvent }[]): void {
    for (const { event } of effects) {
      if (event?.kind !== 'proposal-rejected') continue
      if (event.reason === 'pending') member.postponed.push(input)
      else if (event.reason === 'invalid') this.#input(member, { kind: 'propose', id: this.#ids++, data: new Uint8Array(0) })
    }
  }

  #carryOut(member: Member, effects: ReturnType<RaftMachine['step']>, isAside: boolean, isBeat = false): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'send': {
          const { to, message, after = 0 } = effect
          const isAnnouncement = (message.kind === 'heartbeat-request' && !isBeat) || (message.kind === 'heartbeat-response' && isAside)
          member.outbox.push({ from: member.id, to, message, after, isAside: isAnnouncement })
          break
        }
        case 'save':
          member.saves.push({ token: effect.token, change: effect.change })
          break
        case 'timer':
          member.timers.add(effect.tag)
          break
        case 'cancel':
          member.timers.delete(effect.tag)
          break
        case 'emit':
          this.#onEvent(member, effect.event)
          break
        case 'choose':
          throw new Error('Raft asks for no choices')
      }
    }
  }

  #onEvent(member: Member, event: RaftEvent): void {
    if (event.kind === 'apply') {
      for (const entry of event.entries) member.applied[entry.index] = told(entry)
      if (event.hasMore) member.inputs.push({ kind: 'applied' })
    } else if (event.kind === 'install') {
      member.durable = { ...member.durable, applied: event.snapshot }
      member.inputs.push({ kind: 'installed', snapshot: event.snapshot })
    } else if (event.kind === 'chunk-wanted') {
      const { state } = member
      const snapshot = event.snapshot ?? { index: state.applied, term: termAt(state.log, state.applied) }
      member.inputs.push({ kind: 'chunk', to: event.to, snapshot, offset: event.offset, total: 1, bytes: new Uint8Array(event.offset === 0 ? 1 : 0) })
    }
  }

  #note({ from, to, message }: Sent): void {
    const { says, holds } = this.seen
    const link = `${from}>${to}`
    switch (message.kind) {
      case 'vote-request':
        says.add(`${link} vote? ${message.term} ${message.lastIndex}/${message.lastTerm}`)
        break
      case 'pre-vote-request':
        says.add(`${link} pre-vote? ${message.term} ${message.lastIndex}/${message.lastTerm}`)
        break
      case 'vote-response':
        says.add(`${link} vote ${message.granted ? 'yes' : 'no'} ${message.term}`)
        break
      case 'pre-vote-response':
        says.add(`${link} pre-vote ${message.granted ? 'yes' : 'no'} ${message.term}`)
        break
      case 'append-request':
        for (const { index, term } of message.entries) says.add(`${link} entry ${index}/${term}`)
        break
      case 'append-response':
        if (message.rejected) says.add(`${link} refuses ${message.index}`)
        else {
          holds.set(link, Math.max(holds.get(link) ?? 0, message.index))
          this.member(from).held.set(to, Math.max(this.member(from).held.get(to) ?? 0, message.index))
        }
        break
      case 'heartbeat-request':
        says.add(`${link} heartbeat`)
        break
      case 'heartbeat-response':
        says.add(`${link} heartbeat-answer`)
        break
      case 'snapshot-chunk-request':
        if (message.offset === 0) says.add(`${link} snapshot ${message.snapshot.index}/${message.snapshot.term}`)
        break
      case 'timeout-now':
        says.add(`${link} campaign-now`)
    }
  }
}

/** An acknowledgement that is followed by a higher one. */
function isSubsumed({ from, message }: Sent, due: readonly Sent[]): boolean {
  if (message.kind !== 'append-response' || message.rejected) return false
  return due.some(({ from: other, message: later }) => other === from && later.kind === 'append-response' && !later.rejected && later.index > message.index)
}

/** `4/1 data`, or `4/1 change`. */
export function told({ index, term, kind, data }: Entry): string {
  const words = kind === 'configuration' ? 'change' : new TextDecoder().decode(data)
  return words === '' ? `${index}/${term}` : `${index}/${term} ${words}`
}
