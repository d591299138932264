import { Misuse } from '../../sim/host/errors.js'
import type { Closable, Handlers, Host, HostName, Net } from '../../sim/host/seam.js'
import { protocol } from '../../sim/run/scenario.js'
import type { MemberId, RaftMessage } from './messages.js'
import { type MemberTransport, messageKinds, type Receive } from './raft-transport.js'

/** A message of one of the groups. */
export interface GroupMessage<Message extends RaftMessage = RaftMessage> {
  readonly group: string
  readonly message: Message
}

/** Heartbeats and their answers, of any number of groups. None: the host says no more than that it lives. */
export interface Heartbeats {
  readonly incarnation: number
  readonly beats: readonly GroupMessage[]
}

type Methods = { [K in RaftMessage['kind']]: { req: GroupMessage<Extract<RaftMessage, { kind: K }>>; res: undefined } } & {
  heartbeats: { req: Heartbeats; res: undefined }
}

const exchange = protocol<Methods>('raft-groups', { transport: 'datagram' })

/**
 * Datagrams between the groups of two hosts. Heartbeats that are sent while `gather` runs, and answers to those of one packet, go out as one packet to each host
 * (CockroachDB's coalesced heartbeats); everything else goes by itself, at once.
 */
export class GroupExchange {
  readonly #host: Host
  readonly #net: Net
  readonly #served: Closable
  readonly #groups = new Map<string, (from: HostName, message: RaftMessage) => void>()
  readonly #heard: (from: HostName, incarnation: number) => void
  /** By host, while `gather` runs. */
  readonly #waiting = new Map<HostName, GroupMessage[]>()
  #gathering = 0

  /** `heard`: a host lives. */
  constructor(host: Host, heard: (from: HostName, incarnation: number) => void) {
    this.#host = host
    this.#net = host.net
    this.#heard = heard
    const one = ({ group, message }: GroupMessage, from: HostName): undefined => this.#deliver(group, from, message)
    const all = Object.fromEntries(messageKinds.map((kind) => [kind, one])) as Omit<Handlers<Methods>, 'heartbeats'>
    const handlers = { ...all, heartbeats: (packet: Heartbeats, from: HostName) => this.#onHeartbeats(packet, from) } as Handlers<Methods>
    this.#served = host.net.serve(exchange, handlers)
  }

  /** Hears no more; what is sent still leaves. */
  close(): void {
    this.#served.close()
  }

  /** What one member of a group says and hears through here. */
  transport(group: string, members: readonly HostName[], receive: Receive): MemberTransport {
    if (this.#groups.has(group)) throw new Misuse(`group ${group} is started already on this host`)
    const others = new Map(members.map((name, member) => [name, member]))
    others.delete(this.#host.name)
    this.#groups.set(group, (from, message) => {
      const member = others.get(from)
      if (member !== undefined) receive(member, message)
    })
    return {
      send: (to: MemberId, message: RaftMessage) => this.#send(group, members[to] as HostName, message),
      close: () => {
        this.#groups.delete(group)
      },
    }
  }

  /** Heartbeats that `run` sends wait for its end. */
  gather(run: () => void): void {
    this.#gathering++
    run()
    if (--this.#gathering > 0) return
    const packets = [...this.#waiting]
    this.#waiting.clear()
    const { incarnation } = this.#host
    for (const [to, beats] of packets) {
      if (beats.length > 1) this.#host.check.reachable('heartbeats of several groups share a packet')
      this.#net.send(exchange, to, 'heartbeats', { incarnation, beats })
    }
  }

  /** While `gather` runs: there will be a packet to this host, even if nothing else is said to it. */
  greet(to: HostName): void {
    if (!this.#waiting.has(to)) this.#waiting.set(to, [])
  }

  #send(group: string, to: HostName, message: RaftMessage): void {
    const isBeat = message.kind === 'heartbeat-request' || message.kind === 'heartbeat-response'
    if (isBeat && this.#gathering > 0) {
      this.greet(to)
      ;(this.#waiting.get(to) as GroupMessage[]).push({ group, message })
    } else this.#net.send(exchange, to, message.kind, { group, message } as never)
  }

  #onHeartbeats({ incarnation, beats }: Heartbeats, from: HostName): undefined {
    this.#heard(from, incarnation)
    this.gather(() => {
      for (const { group, message } of beats) this.#deliver(group, from, message)
    })
  }

  #deliver(group: string, from: HostName, message: RaftMessage): undefined {
    this.#groups.get(group)?.(from, message)
  }
}
