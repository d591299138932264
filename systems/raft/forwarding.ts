import { lastIndex } from './log.js'
import type { ForwardRequest, ForwardResponse, MemberId } from './messages.js'
import { ENTRY_OVERHEAD_BYTES } from './options.js'
import { appendOwn, progressOf, proposalRefusal } from './replication.js'
import { wake } from './resting.js'
import { emit, type RaftState, type StepContext, send } from './state.js'

/**
 * Proposals that a follower hands on to its leader. Each is said again until it is answered, or until there is another leader or term: then nobody can tell what became
 * of it. The leader answers whatever comes, twice or out of order: it remembers what it said for as long as the follower may ask again (Raft dissertation, 6.3).
 */

/** One that was handed on. `data` is null once it is answered: it stays in its place while an earlier one is not. */
export interface HandedOn {
  readonly id: number
  /** There is one leader a term: the proposal is for nobody else. */
  readonly term: number
  data: Uint8Array | null
  /** It was there already when the reminder ran last: what was to be answered by now was lost. */
  isDue: boolean
}

/** What a leader remembers, for its term, of a member's proposals: of a member that is removed and comes back too. */
export interface Forwarded {
  readonly member: MemberId
  incarnation: number
  /** The member waits for no answer to what came before. */
  oldest: number
  /** By id, from the oldest on: where it is in the log; null: it was refused. */
  readonly answers: Map<number, number | null>
}

/** Hands a proposal on to the leader, or refuses it when too many are unanswered, or too much of them. Answers whether there is a leader. */
export function forward(context: StepContext, id: number, data: Uint8Array): boolean {
  const { state, options } = context
  if (!options.forwardsProposals || state.leader === null || state.leader === state.id) return false
  // The leader may take a blank disk's proposals for those of the disk before it, until it has met it.
  if (state.wiped && state.suspect) return false
  const bytes = data.length + ENTRY_OVERHEAD_BYTES
  const isTooMuch = state.handedOnBytes > 0 && state.handedOnBytes + bytes > options.maxForwardedBytes
  if (state.handedOn.length >= options.maxForwardedProposals || isTooMuch) {
    emit(context, { kind: 'proposal-rejected', id, reason: 'busy', leader: state.leader })
    return true
  }
  // Its leader may never hear of it: this member's patience with it runs again.
  if (state.isResting) wake(context)
  if (state.handedOn.length === 0) context.effects.push(context.timers.reminder)
  state.handedOn.push({ id, term: state.term, data, isDue: false })
  state.handedOnBytes += bytes
  ask(context, state.leader, id, data)
  return true
}

function ask(context: StepContext, leader: MemberId, id: number, data: Uint8Array): void {
  const { term, incarnation, handedOn } = context.state
  const oldest = handedOn[0]?.id ?? id
  send(context, leader, { kind: 'forward-request', term, id, oldest, incarnation, data })
}

/**
 * Follower: says again what was not answered for the shortest election timeout, oldest first, and no more at a time than one batch. Where answers take longer than
 * that there is no leader for long anyway.
 */
export function remindLeader(context: StepContext): void {
  const { state, effects, timers, options } = context
  if (state.handedOn.length === 0) return
  effects.push(timers.reminder)
  let bytes = 0
  for (const each of state.handedOn) {
    // A later leader is none of theirs: what the former one did with them is not known.
    if (state.leader === null || each.term !== state.term || each.data === null) continue
    if (each.isDue && bytes < options.maxBatchBytes) {
      ask(context, state.leader, each.id, each.data)
      bytes += each.data.length + ENTRY_OVERHEAD_BYTES
    }
    each.isDue = true
  }
}

/** The leader to which they were handed on leads no longer, or is not heard. */
export function loseHandedOn(context: StepContext): void {
  const { state } = context
  for (const { id, term, data } of state.handedOn) if (data !== null) emit(context, { kind: 'proposal-lost', id, term })
  state.handedOn = []
  state.handedOnBytes = 0
  context.effects.push(context.timers.cancelReminder)
}

/** Leader: takes it as its own, once, and says what it said before when it comes again. Who is no member is refused. */
export function onForwardRequest(context: StepContext, from: MemberId, { id, oldest, incarnation, data }: ForwardRequest): void {
  const { state } = context
  // Who led when it was sent cannot tell any more what it did with it: the follower will hear of another leader, or of none.
  if (state.role !== 'leader') return
  const progress = progressOf(state, from)
  if (progress !== undefined && progress.since > 0) {
    // Which of its numbers of lives and proposals were used before by another disk's, nobody can tell: whatever is not taken is certainly not taken twice.
    send(context, from, { kind: 'forward-response', term: state.term, id, incarnation, index: null })
    return
  }
  const memory = forwardedOf(state, from)
  if (incarnation < memory.incarnation) return
  if (incarnation > memory.incarnation) {
    memory.incarnation = incarnation
    memory.oldest = 0
    memory.answers.clear()
  }
  if (oldest > memory.oldest) forget(memory, oldest)
  // It came late: the answer to it has arrived.
  if (id < memory.oldest) return
  let index = memory.answers.get(id)
  if (index === undefined) {
    const isTaken = progress !== undefined && proposalRefusal(context, data) === null
    index = isTaken ? lastIndex(state.log) + 1 : null
    memory.answers.set(id, index)
    if (isTaken) appendOwn(context, 'normal', data)
  }
  const response = { kind: 'forward-response', term: state.term, id, incarnation, index } as const
  send(context, from, progress === undefined && index === null ? { ...response, isStranger: true } : response)
}

function forwardedOf({ forwarded }: RaftState, member: MemberId): Forwarded {
  let memory = forwarded.find((each) => each.member === member)
  if (memory === undefined) {
    memory = { member, incarnation: 0, oldest: 0, answers: new Map() }
    forwarded.push(memory)
  }
  return memory
}

/** They came almost in order: one that did not goes when those before it do. */
function forget(memory: Forwarded, oldest: number): void {
  memory.oldest = oldest
  for (const id of memory.answers.keys()) {
    if (id >= oldest) break
    memory.answers.delete(id)
  }
}

export function onForwardResponse(context: StepContext, { term, id, incarnation, index, isStranger }: ForwardResponse): void {
  const { state } = context
  const { handedOn } = state
  const found = handedOn.find((each) => each.id === id)
  if (incarnation !== state.incarnation || found === undefined || found.term !== term || found.data === null) return
  state.handedOnBytes -= found.data.length + ENTRY_OVERHEAD_BYTES
  found.data = null
  while (handedOn[0]?.data === null) handedOn.shift()
  if (handedOn.length === 0) context.effects.push(context.timers.cancelReminder)
  if (index === null) emit(context, { kind: 'proposal-rejected', id, reason: isStranger ? 'not-leader' : 'busy', leader: state.leader })
  else emit(context, { kind: 'proposed', id, index, term })
}
