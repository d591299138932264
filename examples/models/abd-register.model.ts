import { modelFamily } from 'seedfall'
import { compare, majority, type RegisterServer, registerModel, registerSettings, type Send } from './register.js'

/**
 * A register that is replicated without consensus (Attiya, Bar-Noy and Dolev, "Sharing Memory Robustly in Message-Passing Systems", 1995): an operation asks a
 * majority for the newest value, then has a majority record it, or the new one.
 */
export default modelFamily({
  name: 'abd-register',
  means: 'a register replicated by asking and telling majorities',
  settings: { ...registerSettings, servers: { ...registerSettings.servers, standard: 2 } },
  make: (settings) => registerModel(abd(settings.servers), settings),
})

/** A logical clock, and whose it is: orders all writes. */
type Sequencer = readonly [clock: number, server: number]

type Message =
  | { readonly kind: 'query'; readonly request: number }
  | { readonly kind: 'query-ok'; readonly request: number; readonly sequencer: Sequencer; readonly value: string | null }
  | { readonly kind: 'record'; readonly request: number; readonly sequencer: Sequencer; readonly value: string | null }
  | { readonly kind: 'record-ok'; readonly request: number }

interface State {
  sequencer: Sequencer
  value: string | null
  /** The operation that it serves. */
  phase: Asking | Recording | null
}

interface Asking {
  readonly kind: 'asking'
  readonly request: number
  readonly requester: number
  /** What is to be written; null: it is a read. */
  readonly write: string | null
  /** By server. */
  readonly answers: Record<number, { readonly sequencer: Sequencer; readonly value: string | null }>
}

interface Recording {
  readonly kind: 'recording'
  readonly request: number
  readonly requester: number
  /** What was read; undefined: it is a write. */
  readonly read?: { readonly value: string | null }
  /** Servers, sorted. */
  readonly acknowledged: number[]
}

const isNewer = (a: Sequencer, b: Sequencer): boolean => compare(a, b) > 0

function abd(servers: number): RegisterServer<State, Message> {
  const quorum = majority(servers)
  const toOthers = (id: number, message: Message): Send<Message>[] =>
    Array.from({ length: servers }, (_, to) => ({ to, message })).filter(({ to }) => to !== id)

  /** A majority has answered: the newest value is recorded, or one that is newer still. */
  const record = (state: State, id: number, { request, requester, write, answers }: Asking): Send<Message>[] => {
    const newest = Object.values(answers).reduce((best, answer) => (isNewer(answer.sequencer, best.sequencer) ? answer : best))
    const sequencer: Sequencer = write === null ? newest.sequencer : [newest.sequencer[0] + 1, id]
    const value = write ?? newest.value
    if (isNewer(sequencer, state.sequencer)) {
      state.sequencer = sequencer
      state.value = value
    }
    state.phase = { kind: 'recording', request, requester, ...(write === null ? { read: { value } } : {}), acknowledged: [id] }
    return toOthers(id, { kind: 'record', request, sequencer, value })
  }

  return {
    begin: (id) => ({ sequencer: [0, id], value: null, phase: null }),
    receive: (state, id, from, message) => {
      const { phase } = state
      switch (message.kind) {
        case 'put':
        case 'get': {
          if (phase !== null) return null
          const { sequencer, value } = state
          const write = message.kind === 'put' ? message.value : null
          state.phase = { kind: 'asking', request: message.request, requester: from, write, answers: { [id]: { sequencer, value } } }
          return toOthers(id, { kind: 'query', request: message.request })
        }
        case 'query':
          return [{ to: from, message: { kind: 'query-ok', request: message.request, sequencer: state.sequencer, value: state.value } }]
        case 'query-ok': {
          if (phase?.kind !== 'asking' || phase.request !== message.request) return null
          phase.answers[from] = { sequencer: message.sequencer, value: message.value }
          return Object.keys(phase.answers).length === quorum ? record(state, id, phase) : []
        }
        case 'record':
          if (isNewer(message.sequencer, state.sequencer)) {
            state.sequencer = message.sequencer
            state.value = message.value
          }
          return [{ to: from, message: { kind: 'record-ok', request: message.request } }]
        case 'record-ok': {
          if (phase?.kind !== 'recording' || phase.request !== message.request || phase.acknowledged.includes(from)) return null
          phase.acknowledged.push(from)
          phase.acknowledged.sort((a, b) => a - b)
          if (phase.acknowledged.length !== quorum) return []
          state.phase = null
          const { request, requester, read } = phase
          return [{ to: requester, message: read === undefined ? { kind: 'put-ok', request } : { kind: 'get-ok', request, value: read.value } }]
        }
        default:
          return null
      }
    },
    order: (message) => {
      const place = ['query', 'query-ok', 'record', 'record-ok'].indexOf(message.kind)
      return 'sequencer' in message ? [place, message.request, message.sequencer, message.value] : [place, message.request]
    },
  }
}
