import type { Effect, Machine } from '../../sim/check/machine.js'
import type { Configuration } from './configuration.js'
import type { Forwarded, HandedOn } from './forwarding.js'
import type { Log } from './log.js'
import type { Durable, MemberId, Position, RaftChange, RaftEvent, RaftInput, RaftMessage, Role } from './messages.js'
import { type RaftOptions, readLease } from './options.js'
import type { Progress } from './progress.js'
import type { Quorum } from './quorum.js'

export type RaftMachine = Machine<RaftState, RaftMessage, Durable, RaftInput, RaftChange, RaftEvent>
export type RaftEffect = Effect<RaftMessage, Durable, RaftChange, RaftEvent>

/** All that a member holds in memory. Others may read it; only the core changes it. */
export interface RaftState {
  readonly id: MemberId
  /** All that ever may be members, self included. */
  readonly peers: readonly MemberId[]
  readonly incarnation: number
  /** In force: the newest that is known to be committed. */
  configuration: Configuration
  quorum: Quorum
  /** That at the log's base, or before it, then those in the log, ascending. The last one may be uncommitted; any before it is committed. */
  configurations: PlacedConfiguration[]
  /** Where the next one is that is not in force yet; 0: there is none. */
  nextChange: number

  role: Role
  term: number
  vote: MemberId | null
  /** As far as is known. */
  leader: MemberId | null
  /** A leader was heard within the shortest election timeout (or may have been, in the life before): all votes are refused. */
  leased: boolean
  /** Nothing is to be done: this member keeps no timer. */
  isResting: boolean
  /** Leader: heartbeats in a row that found nothing to do. */
  idleHeartbeats: number

  log: Log
  commit: number
  /**
   * A follower's log is known to equal that of this term's leader up to here; of what lies beyond, nothing is known. It lasts for the term: the leader does not say
   * again what was acknowledged.
   */
  verified: number
  /** Handed out to the state machine. */
  applied: number
  /** More is committed than was handed out, and waits for the word that the last was applied. */
  applying: boolean
  /**
   * The state machine lost what it held, or the log did what leads there: nothing is applied, and this member does not campaign, before a snapshot that reaches so
   * far. 0: it lacks nothing.
   */
  lacks: number

  nextToken: number
  savedToken: number
  /** The save that makes `term` and `vote` durable. */
  hardStateToken: number

  suspect: boolean
  /** A suspect may have forgotten votes, too. */
  wiped: boolean
  /** The save `trusted`, while it is in flight; otherwise 0. */
  trustedToken: number

  /** While a suspect with an empty disk finds out whether the group is new: the round, the lives that said so in the one before, and in this. */
  founding: { readonly round: number; readonly first: readonly (number | null)[] | null; readonly answers: (number | null)[] } | null
  foundingRound: number

  /** Answers to a candidate, in the order of `quorum.members`. */
  votes: (boolean | null)[]

  // As a leader.
  /** In the order of `quorum.members`; the leader's own place is null. Empty for all others. */
  progress: (Progress | null)[]
  /** Index of the no-op of this term: once committed, so is all that earlier leaders committed. */
  firstOwnIndex: number
  /** No change of the configuration is taken before this is committed: the last change, or the first entry of this term. */
  changeAfter: number
  uncommittedBytes: number
  /** Who is to take over. */
  transfer: MemberId | null
  readLease: ReadLease
  reads: Reads
  /** Of members that handed proposals on to this leader. */
  forwarded: Forwarded[]

  // As a follower that hands proposals on: in their order, from the oldest unanswered one on.
  handedOn: HandedOn[]
  /** What those that are not answered weigh. */
  handedOnBytes: number

  // As a follower that receives a snapshot.
  incoming: { readonly snapshot: Position; readonly total: number; received: number } | null
  /** Handed to the state machine, not yet said to be installed. */
  installing: Position | null
  /** Of the snapshot that is coming in or being installed; null: the group's first one. */
  incomingConfiguration: Configuration | null
  /** The save of that configuration, while the installation waits for it; otherwise 0. */
  expectedToken: number
}

export interface PlacedConfiguration {
  readonly index: number
  readonly configuration: Configuration
}

/**
 * The leader's own lease, in two slots with a timer each: the one that is held, if any, and the one that a round in flight would begin. A lease runs from the moment
 * at which its round was sent, so that it is over before any voter's patience is.
 */
export interface ReadLease {
  /** By slot: the round that was sent when its timer was set; 0: the slot is free. */
  rounds: [number, number]
  /** The slot whose round a majority answered, and whose timer is running. */
  held: 0 | 1 | null
  /** In this term some follower was told to campaign at once: voters' patience says nothing any more. */
  forfeited: boolean
}

export const noReadLease = (): ReadLease => ({ rounds: [0, 0], held: null, forfeited: false })

/** ReadIndex (dissertation 6.4): a read is answered when a round of heartbeats begun after it arrived has reached a majority. */
export interface Reads {
  /** The newest round begun. */
  round: number
  /** The newest round that a majority has answered. */
  confirmed: number
  /** Reads that no round serves yet. */
  waiting: number[]
  /** The reads that a round in flight serves, and the commit index when it began. */
  serving: { readonly round: number; readonly index: number; readonly ids: readonly number[] } | null
}

export const idleReads = (): Reads => ({ round: 0, confirmed: 0, waiting: [], serving: null })

/** What one call of `step` works on: the state it changes and the effects it gives, in order. */
export interface StepContext {
  readonly state: RaftState
  readonly effects: RaftEffect[]
  readonly options: RaftOptions
  readonly timers: TimerEffects
}

/** The timer effects of one machine, made once. */
export interface TimerEffects {
  readonly lease: RaftEffect
  readonly electionAfterLease: RaftEffect
  readonly election: RaftEffect
  readonly heartbeat: RaftEffect
  readonly checkQuorum: RaftEffect
  readonly cancelLease: RaftEffect
  readonly cancelElection: RaftEffect
  readonly cancelHeartbeat: RaftEffect
  readonly cancelCheckQuorum: RaftEffect
  readonly transfer: RaftEffect
  readonly cancelTransfer: RaftEffect
  readonly reminder: RaftEffect
  readonly cancelReminder: RaftEffect
  readonly readLeases: readonly [RaftEffect, RaftEffect]
  readonly cancelReadLeases: readonly [RaftEffect, RaftEffect]
}

export function timerEffects(options: RaftOptions): TimerEffects {
  const { heartbeat } = options
  const [shortest, longest] = options.electionTimeout
  const lease = readLease(options)
  return {
    lease: { kind: 'timer', tag: 'lease', between: [shortest, shortest] },
    electionAfterLease: { kind: 'timer', tag: 'election', between: [0, longest - shortest] },
    election: { kind: 'timer', tag: 'election', between: [shortest, longest] },
    heartbeat: { kind: 'timer', tag: 'heartbeat', between: [heartbeat, heartbeat] },
    checkQuorum: { kind: 'timer', tag: 'check-quorum', between: [longest, longest] },
    cancelLease: { kind: 'cancel', tag: 'lease' },
    cancelElection: { kind: 'cancel', tag: 'election' },
    cancelHeartbeat: { kind: 'cancel', tag: 'heartbeat' },
    cancelCheckQuorum: { kind: 'cancel', tag: 'check-quorum' },
    transfer: { kind: 'timer', tag: 'transfer', between: [longest, longest] },
    cancelTransfer: { kind: 'cancel', tag: 'transfer' },
    reminder: { kind: 'timer', tag: 'reminder', between: [shortest, shortest] },
    cancelReminder: { kind: 'cancel', tag: 'reminder' },
    readLeases: [
      { kind: 'timer', tag: 'read-lease-0', between: [lease, lease] },
      { kind: 'timer', tag: 'read-lease-1', between: [lease, lease] },
    ],
    cancelReadLeases: [
      { kind: 'cancel', tag: 'read-lease-0' },
      { kind: 'cancel', tag: 'read-lease-1' },
    ],
  }
}

export function emit({ effects }: StepContext, event: RaftEvent): void {
  effects.push({ kind: 'emit', event })
}

/** Answers the save's token. */
export function save({ state, effects }: StepContext, change: RaftChange): number {
  const token = state.nextToken++
  effects.push({ kind: 'save', token, change })
  return token
}

/** Makes term and vote durable; nothing is said in the new term before. */
export function saveHardState(context: StepContext): void {
  const { state } = context
  state.hardStateToken = save(context, { kind: 'hard-state', hardState: { term: state.term, vote: state.vote } })
}

/** Sends once term and vote are durable, and save `token` too. */
export function send({ state, effects }: StepContext, to: MemberId, message: RaftMessage, token = 0): void {
  const after = Math.max(token, state.hardStateToken)
  effects.push({ kind: 'send', to, message, after: after > state.savedToken ? after : undefined })
}
