import { type Effect, type Envelope, type Machine, type MachineEvent, type MachineModelOptions, machineModel, type NetworkKind, type Setting } from 'seedfall'
import { type History, historyOf, isLinearizable, noteInvocation, noteReturn } from './register-history.js'

/** What clients and servers of a register say to each other. A value of null is the one that nobody wrote. */
export type RegisterMessage =
  | { readonly kind: 'put'; readonly request: number; readonly value: string }
  | { readonly kind: 'get'; readonly request: number }
  | { readonly kind: 'put-ok'; readonly request: number }
  | { readonly kind: 'get-ok'; readonly request: number; readonly value: string | null }

/** A server of a register, with messages of its own. */
export interface RegisterServer<State, Message extends { readonly kind: string }> {
  begin(id: number): State
  /** Changes `state` in place; answers what it sends. Null: the message is nothing to it. */
  receive(state: State, id: number, from: number, message: RegisterMessage | Message): Send<RegisterMessage | Message>[] | null
  /** What messages of its own are sorted by. */
  order(message: Message): Sortable
}

export interface Send<Message> {
  readonly to: number
  readonly message: Message
}

/** Numbers and texts by themselves, lists place by place, null before all. */
export type Sortable = number | string | null | readonly Sortable[]

interface Client {
  readonly kind: 'client'
  readonly id: number
  /** The request that is not answered yet. */
  awaiting: number | null
  /** Requests made. */
  count: number
}

interface Server<State> {
  readonly kind: 'server'
  readonly id: number
  readonly own: State
}

export const registerSettings = {
  clients: { kind: 'number', standard: 2, least: 1, most: 8, means: 'clients, each of which writes and then reads' },
  servers: { kind: 'number', standard: 3, least: 1, most: 7, means: 'servers; a client goes from one to the next' },
  puts: { kind: 'number', standard: 1, least: 0, most: 4, means: 'writes of each client before it reads' },
  network: { kind: 'choice', standard: 'unordered', of: ['unordered', 'set', 'duplicating', 'ordered'], means: 'how messages overtake and repeat each other' },
  lossy: { kind: 'flag', standard: false, means: 'whether any message may be dropped, by an action of its own' },
} as const satisfies Record<string, Setting>

export interface RegisterSettings {
  readonly clients: number
  readonly servers: number
  readonly puts: number
  readonly network: string
  readonly lossy: boolean
}

/** Servers of a register and clients that use it, with the history of what the clients saw. The servers are the first nodes. */
export function registerModel<State, Message extends { readonly kind: string }>(server: RegisterServer<State, Message>, settings: RegisterSettings) {
  const { clients, servers, puts, network, lossy } = settings
  type Said = RegisterMessage | Message
  type Node = Client | Server<State>

  const request = (client: Client): Send<Said> => {
    const { id, count } = client
    const number = (count + 1) * id
    const to = (id + count) % servers
    client.awaiting = number
    client.count++
    if (count >= puts) return { to, message: { kind: 'get', request: number } }
    const letter = String.fromCharCode(count === 0 ? 65 + id - servers : 90 - (id - servers))
    return { to, message: { kind: 'put', request: number, value: letter } }
  }

  const receiveAtClient = (client: Client, message: Said): Send<Said>[] | null => {
    const answer = message as RegisterMessage
    if ((answer.kind !== 'put-ok' && answer.kind !== 'get-ok') || answer.request !== client.awaiting) return null
    if (answer.kind === 'put-ok') return [request(client)]
    client.awaiting = null
    client.count++
    return []
  }

  const receive = (node: Node, event: MachineEvent<Said, never>): Send<Said>[] | null => {
    if (event.kind !== 'message') return null
    return node.kind === 'client' ? receiveAtClient(node, event.message) : server.receive(node.own, node.id, event.from, event.message)
  }

  const sending = (sends: readonly Send<Said>[]): Effect<Said, null>[] => sends.map((send) => ({ kind: 'send', ...send }))

  const machine: Machine<Node, Said, null, never> = {
    boot: ({ id }) => {
      if (id < servers) return { state: { kind: 'server', id, own: server.begin(id) }, effects: [] }
      const client: Client = { kind: 'client', id, awaiting: null, count: 0 }
      return { state: client, effects: puts === 0 ? [] : sending([request(client)]) }
    },
    step: (node, event) => sending(receive(node, event) ?? []),
    persist: () => null,
  }

  const options: MachineModelOptions<History, Node, Said, null, never, unknown> = {
    nodes: servers + clients,
    network: network as NetworkKind,
    isLossy: lossy,
    // What a server takes up is a transition, even where it finds nothing to change.
    heeds: (node, event) => receive(node, event) !== null,
    compare: (a, b) => compare([a.from, a.to, orderOf(server, a.message)], [b.from, b.to, orderOf(server, b.message)]),
    properties: [
      {
        name: 'linearizable',
        kind: 'always',
        of: 'memory',
        holds: isLinearizable,
        explain: () => 'no order of the operations explains what the clients were answered',
      },
      { name: 'value chosen', kind: 'sometimes', of: 'messages', fits: ({ message }: Envelope<Said>) => isAnswer(message) && message.value !== null },
    ],
  }
  return machineModel<History, Node, Said, null, never, unknown, object>(
    { machine },
    {
      begin: () => historyOf([]),
      checks: [],
      concerns: ({ event, sent }) => (event?.kind === 'message' && isResult(event.message)) || sent.some(({ message }) => isOperation(message)),
      record: (history, { node, event, sent }) => {
        if (event?.kind === 'message' && isResult(event.message))
          noteReturn(history, node.id, event.message.kind === 'get-ok' ? event.message.value : undefined)
        for (const { from, message } of sent)
          if (isOperation(message)) noteInvocation(history, from, message.kind === 'put' ? { kind: 'write', value: message.value } : { kind: 'read' })
      },
    },
    options,
  )
}

type Of<Kind> = Extract<RegisterMessage, { readonly kind: Kind }>
const isOperation = (message: { readonly kind: string }): message is Of<'put' | 'get'> => message.kind === 'put' || message.kind === 'get'
const isResult = (message: { readonly kind: string }): message is Of<'put-ok' | 'get-ok'> => message.kind === 'put-ok' || message.kind === 'get-ok'
const isAnswer = (message: { readonly kind: string }): message is Of<'get-ok'> => message.kind === 'get-ok'

/** Messages among servers come first. */
function orderOf<Message extends { readonly kind: string }>(server: RegisterServer<unknown, Message>, message: RegisterMessage | Message): Sortable {
  const place = ['put', 'get', 'put-ok', 'get-ok'].indexOf(message.kind)
  if (place < 0) return [0, server.order(message as Message)]
  const { request } = message as RegisterMessage
  return [place + 1, request, 'value' in message ? (message.value as string | null) : null]
}

/** The most of `count` servers: any two such sets share one. */
export const majority = (count: number): number => Math.floor(count / 2) + 1

/** Below zero: `a` comes before `b`. */
export function compare(a: Sortable, b: Sortable): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1)
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < a.length && i < b.length; i++) {
      const found = compare(a[i], b[i])
      if (found !== 0) return found
    }
    return a.length - b.length
  }
  return a < b ? -1 : a > b ? 1 : 0
}
