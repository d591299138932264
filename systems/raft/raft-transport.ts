import { Misuse } from '../../sim/host/errors.js'
import type { Closable, Handlers, Host, HostName, Net, Protocol } from '../../sim/host/seam.js'
import { protocol } from '../../sim/run/scenario.js'
import type { MemberId, RaftMessage } from './messages.js'

/** One method for every kind of message. */
export type RaftMethods = { [K in RaftMessage['kind']]: { req: Extract<RaftMessage, { kind: K }>; res: undefined } }

/** Each is a method of its own, so that the network tells them apart. */
export const messageKinds = [
  'pre-vote-request',
  'pre-vote-response',
  'vote-request',
  'vote-response',
  'append-request',
  'append-response',
  'heartbeat-request',
  'heartbeat-response',
  'snapshot-chunk-request',
  'snapshot-chunk-response',
  'timeout-now',
  'forward-request',
  'forward-response',
  'founding-request',
  'founding-response',
] as const satisfies readonly RaftMessage['kind'][]

/** What a member says to the others; `close`: it hears no more, and what is sent still leaves. */
export interface MemberTransport {
  send(to: MemberId, message: RaftMessage): void
  close(): void
}

/** Is called for messages of other members only. */
export type Receive = (from: MemberId, message: RaftMessage) => void

/**
 * Datagrams between the members of one group. Every group has a protocol of its own, `raft-` and its name: no message needs to say where it belongs, and
 * the network tells groups and kinds of message apart (in its trace, and as places for faults).
 */
export class RaftTransport implements MemberTransport {
  readonly #net: Net
  readonly #served: Closable
  readonly #protocol: Protocol<RaftMethods>
  /** By member id. */
  readonly #members: readonly HostName[]

  constructor(host: Host, group: string, members: readonly HostName[], receive: Receive) {
    this.#net = host.net
    this.#protocol = protocol<RaftMethods>(`raft-${group}`, { transport: 'datagram' })
    this.#members = members
    if (!members.includes(host.name)) throw new Misuse(`${host.name} is not among the members of ${group}: ${members.join(', ')}`)
    const others = new Map(members.map((name, member) => [name, member]))
    others.delete(host.name)
    const handle = (message: RaftMessage, from: HostName): undefined => {
      const member = others.get(from)
      if (member !== undefined) receive(member, message)
    }
    const handlers = Object.fromEntries(messageKinds.map((kind) => [kind, handle])) as Handlers<RaftMethods>
    this.#served = host.net.serve(this.#protocol, handlers)
  }

  /** Hears no more; what is sent still leaves. */
  close(): void {
    this.#served.close()
  }

  send(to: MemberId, message: RaftMessage): void {
    this.#net.send(this.#protocol, this.#members[to] as HostName, message.kind, message)
  }
}
