import { modelFamily } from 'seedfall'
import { compare, majority, type RegisterServer, registerModel, registerSettings, type Send, type Sortable } from './register.js'

/**
 * Single-decree Paxos (Lamport, "Paxos Made Simple", 2001) as a register that is written once: a server that is asked to write opens a ballot; once a majority has
 * promised, it proposes what the newest accepted ballot among them proposed, or what its client wants; what a majority accepts is decided.
 */
export default modelFamily({
  name: 'paxos',
  means: 'single-decree Paxos: servers agree on one value',
  settings: registerSettings,
  make: (settings) => registerModel(paxos(settings.servers), settings),
})

type Ballot = readonly [round: number, leader: number]
type Proposal = readonly [request: number, requester: number, value: string]
type Accepted = readonly [ballot: Ballot, proposal: Proposal] | null

type Message =
  | { readonly kind: 'prepare'; readonly ballot: Ballot }
  | { readonly kind: 'prepared'; readonly ballot: Ballot; readonly lastAccepted: Accepted }
  | { readonly kind: 'accept'; readonly ballot: Ballot; readonly proposal: Proposal }
  | { readonly kind: 'accepted'; readonly ballot: Ballot }
  | { readonly kind: 'decided'; readonly ballot: Ballot; readonly proposal: Proposal }

interface State {
  ballot: Ballot
  // As a leader.
  proposal: Proposal | null
  /** What each server had accepted when it promised. */
  prepares: Record<number, Accepted>
  /** Servers, sorted. */
  accepts: number[]
  // As an acceptor.
  accepted: Accepted
  isDecided: boolean
}

function paxos(servers: number): RegisterServer<State, Message> {
  const quorum = majority(servers)
  const toOthers = (id: number, message: Message): Send<Message>[] =>
    Array.from({ length: servers }, (_, to) => ({ to, message })).filter(({ to }) => to !== id)

  const onPrepared = (state: State, id: number, from: number, { ballot, lastAccepted }: Extract<Message, { kind: 'prepared' }>): Send<Message>[] => {
    state.prepares[from] = lastAccepted
    const promises = Object.values(state.prepares)
    if (promises.length !== quorum) return []
    const newest = promises.reduce((best, promise) => (compare(promise as Sortable, best as Sortable) > 0 ? promise : best))
    const proposal = newest === null ? (state.proposal as Proposal) : newest[1]
    state.proposal = proposal
    state.accepted = [ballot, proposal]
    if (!state.accepts.includes(id)) state.accepts = [...state.accepts, id].sort((a, b) => a - b)
    return toOthers(id, { kind: 'accept', ballot, proposal })
  }

  return {
    begin: () => ({ ballot: [0, 0], proposal: null, prepares: {}, accepts: [], accepted: null, isDecided: false }),
    receive: (state, id, from, message) => {
      if (state.isDecided) {
        if (message.kind !== 'get' || state.accepted === null) return null
        return [{ to: from, message: { kind: 'get-ok', request: message.request, value: state.accepted[1][2] } }]
      }
      switch (message.kind) {
        case 'put':
          if (state.proposal !== null) return null
          state.proposal = [message.request, from, message.value]
          state.ballot = [state.ballot[0] + 1, id]
          state.prepares = { [id]: state.accepted }
          state.accepts = []
          return toOthers(id, { kind: 'prepare', ballot: state.ballot })
        case 'prepare':
          if (compare(state.ballot, message.ballot) >= 0) return null
          state.ballot = message.ballot
          return [{ to: from, message: { kind: 'prepared', ballot: message.ballot, lastAccepted: state.accepted } }]
        case 'prepared':
          return compare(message.ballot, state.ballot) === 0 ? onPrepared(state, id, from, message) : null
        case 'accept':
          if (compare(state.ballot, message.ballot) > 0) return null
          state.ballot = message.ballot
          state.accepted = [message.ballot, message.proposal]
          return [{ to: from, message: { kind: 'accepted', ballot: message.ballot } }]
        case 'accepted': {
          if (compare(message.ballot, state.ballot) !== 0) return null
          if (!state.accepts.includes(from)) state.accepts = [...state.accepts, from].sort((a, b) => a - b)
          if (state.accepts.length !== quorum) return []
          state.isDecided = true
          const proposal = state.proposal as Proposal
          const [request, requester] = proposal
          return [...toOthers(id, { kind: 'decided', ballot: message.ballot, proposal }), { to: requester, message: { kind: 'put-ok', request } }]
        }
        case 'decided':
          state.ballot = message.ballot
          state.accepted = [message.ballot, message.proposal]
          state.isDecided = true
          return []
        default:
          // A value that is not decided yet may be decided elsewhere: nothing can be answered.
          return null
      }
    },
    order: (message) => {
      const place = ['prepare', 'prepared', 'accept', 'accepted', 'decided'].indexOf(message.kind)
      return [place, message.ballot, 'lastAccepted' in message ? message.lastAccepted : null, 'proposal' in message ? message.proposal : null]
    },
  }
}
