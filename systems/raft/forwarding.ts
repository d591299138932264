import { lastIndex } from './log.js'
import type { ForwardRequest, ForwardResponse, MemberId } from './messages.js'
import { appendOwn, progressOf, proposalRefusal } from './replication.js'
import { emit, type StepContext, send } from './state.js'

/** Hands a proposal on to the leader. Answers whether there is one. */
export function forward(context: StepContext, id: number, data: Uint8Array): boolean {
  const { state, options } = context
  if (!options.forwardsProposals || state.leader === null || state.leader === state.id) return false
  send(context, state.leader, { kind: 'forward-request', term: state.term, id, incarnation: state.incarnation, data })
  return true
}

/** Leader: takes it as its own, once. */
export function onForwardRequest(context: StepContext, from: MemberId, { id, incarnation, data }: ForwardRequest): void {
  const { state } = context
  const progress = progressOf(state, from)
  if (state.role !== 'leader' || progress === undefined) return
  const { forwarded } = progress
  if (incarnation < forwarded.incarnation || (incarnation === forwarded.incarnation && id <= forwarded.id)) return
  progress.forwarded = { incarnation, id }
  const refusal = proposalRefusal(context, data)
  const index = refusal === null ? lastIndex(state.log) + 1 : null
  if (index !== null) appendOwn(context, 'normal', data)
  send(context, from, { kind: 'forward-response', term: state.term, id, incarnation, index })
}

export function onForwardResponse(context: StepContext, { term, id, incarnation, index }: ForwardResponse): void {
  const { state } = context
  if (incarnation !== state.incarnation || term !== state.term) return
  if (index === null) emit(context, { kind: 'proposal-rejected', id, reason: 'busy', leader: state.leader })
  else emit(context, { kind: 'proposed', id, index, term })
}
