import { Misuse } from '../../sim/host/errors.js'
import type { Closable, Handlers, Host, HostName, Net } from '../../sim/host/seam.js'
import { protocol } from '../../sim/run/scenario.js'
import type { HostWord } from './host-watch.js'
import type { MemberId, RaftMessage } from './messages.js'
import { type MemberTransport, messageKinds, type Receive } from './raft-transport.js'

/** A message of one of the groups. */
export interface GroupMessage<Message extends RaftMessage = RaftMessage> {
  readonly group: string
  readonly message: Message
}

/** Heartbeats and their answers, of any number of groups. None: the host says no more than that it lives. */
export interface Heartbeats extends HostWord {
  readonly groups: readonly string[]
  /** One of each of the groups. */
  readonly messages: readonly RaftMessage[]
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
  readonly #heard: (from: HostName, word: HostWord) => boolean
  readonly #outboxes = new Map<HostName, Outbox>()
  /** While `gather` runs: those that will be a packet each, in the order in which something was put into them. */
  #open: Outbox[] = []
  #gathering = 0
  #quits = 0
  #lately: readonly string[] = []

  /** `heard`: a host lives. Answers whether nothing newer was heard of it before. */
  constructor(host: Host, heard: (from: HostName, word: HostWord) => boolean) {
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
    const outboxes = members.map((name) => this.#outbox(name))
    return {
      send: (to: MemberId, message: RaftMessage) => this.#send(group, outboxes[to] as Outbox, message),
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
    const outboxes = this.#open
    if (outboxes.length === 0) return
    this.#open = []
    const { incarnation } = this.#host
    for (const outbox of outboxes) {
      const { to, groups, messages } = outbox
      outbox.isOpen = false
      outbox.groups = []
      outbox.messages = []
      if (groups.length > 1) this.#host.check.reachable('heartbeats of several groups share a packet')
      this.#net.send(exchange, to, 'heartbeats', { incarnation, quits: this.#quits, lately: this.#lately, groups, messages })
    }
  }

  /** The group has no leader here any more, and its members may rest: every packet says so from now on. */
  quit(group: string): void {
    this.#quits++
    this.#lately = [...this.#lately.slice(1 - quitsNamed), group]
  }

  /** While `gather` runs: there will be a packet to this host, even if nothing else is said to it. */
  greet(to: HostName): void {
    this.#willSend(this.#outbox(to))
  }

  #willSend(outbox: Outbox): void {
    if (outbox.isOpen) return
    outbox.isOpen = true
    this.#open.push(outbox)
  }

  #outbox(to: HostName): Outbox {
    let outbox = this.#outboxes.get(to)
    if (outbox === undefined) {
      outbox = { to, isOpen: false, groups: [], messages: [] }
      this.#outboxes.set(to, outbox)
    }
    return outbox
  }

  #send(group: string, outbox: Outbox, message: RaftMessage): void {
    const isBeat = message.kind === 'heartbeat-request' || message.kind === 'heartbeat-response'
    if (isBeat && this.#gathering > 0) {
      this.#willSend(outbox)
      outbox.groups.push(group)
      outbox.messages.push(message)
    } else this.#net.send(exchange, outbox.to, message.kind, { group, message } as never)
  }

  #onHeartbeats(packet: Heartbeats, from: HostName): undefined {
    const { groups, messages } = packet
    const isCurrent = this.#heard(from, packet)
    this.gather(() => {
      for (let i = 0; i < groups.length; i++) {
        const message = messages[i] as RaftMessage
        // A leader that may have gone since would be rested with for ever.
        if (isCurrent || message.kind !== 'heartbeat-request' || message.isLast !== true) this.#deliver(groups[i] as string, from, message)
      }
    })
  }

  #deliver(group: string, from: HostName, message: RaftMessage): undefined {
    this.#groups.get(group)?.(from, message)
  }
}

/** Groups that a packet names as having lost their leader; who missed more than that takes it for all. */
const quitsNamed = 16

/** What goes to one host at the end of `gather`. */
interface Outbox {
  readonly to: HostName
  isOpen: boolean
  groups: string[]
  messages: RaftMessage[]
}
