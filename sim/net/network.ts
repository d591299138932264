import { ms } from '../host/durations.js'
import { Misuse, NetError, RemoteError } from '../host/errors.js'
import type { HostName, Nanos } from '../host/seam.js'
import { datagram, type EventTarget, type KernelEvent, message, reply, request, reset, segment } from '../kernel/event.js'
import type { Kernel } from '../kernel/kernel.js'
import { deriveKey, type Key, mix } from '../kernel/mix.js'
import { OpenConnections } from './connection/open-connections.js'
import type { Segment } from './connection/segment.js'
import type { DatagramPacket } from './datagram.js'
import type { Endpoint, Receiver } from './endpoint.js'
import type { LatencyProfile } from './latency.js'
import { type Channel, Link, type Parked } from './link.js'
import { type LinkOverride, LinkProfiles, type NetworkDescription } from './link-profiles.js'
import { type MessageType, MessageTypes } from './message-type.js'
import type { LinkNoise } from './noise.js'
import { Passage, retransmissionTimeout } from './passage.js'
import type { PendingCall } from './pending-call.js'
import { ValueTransfer } from './values.js'

/** What the network tells of itself, to whoever counts. */
export interface NetworkObserver {
  /** A link is used for the first time. */
  linkCreated(link: Link): void
  /** A packet was lost or held by a cut or a clog of its link. */
  held(link: Link, by: 'cut' | 'clog'): void
  /** A handler threw something that is no answer: `exit`, or a write to a value that was sent. True: it was dealt with. */
  died(error: unknown): boolean
}

/**
 * Links between hosts, and what travels on them: requests, replies, one-way messages, resets.
 *
 * Modelled: latency by a profile, FIFO links, loss, duplication, reordering, delay (as episodes or listed occurrences), cuts and clogs.
 * For a `stream` protocol loss is delay: a lost packet holds up those behind it until it is retransmitted. A host without power answers
 * nothing; one whose process is down refuses. Connections carry out their own retransmission (`connection/`): their segments are datagrams here.
 */
export class Network implements EventTarget {
  readonly types = new MessageTypes()
  readonly values: ValueTransfer
  readonly #endpoints: readonly Endpoint[]
  readonly #links: (Link | undefined)[]
  readonly #kernel: Kernel
  key: Key
  readonly connections = new OpenConnections()
  readonly #profiles: LinkProfiles
  readonly #observer: NetworkObserver

  constructor(kernel: Kernel, endpoints: readonly Endpoint[], description: NetworkDescription, salt: string, observer: NetworkObserver, valueRules = true) {
    this.#kernel = kernel
    this.#endpoints = endpoints
    this.#links = []
    this.key = deriveKey(deriveKey(kernel.key, 'network'), salt)
    this.#profiles = new LinkProfiles(description, endpoints)
    this.#observer = observer
    this.values = new ValueTransfer(valueRules)
  }

  link(from: Endpoint, to: Endpoint): Link {
    const index = from.index * this.#endpoints.length + to.index
    const links = this.#links
    let link = links[index]
    if (link === undefined) {
      while (links.length <= index) links.push(undefined)
      link = new Link(from, to, this.key, from === to ? loopback : this.#profiles.latencyOf(from, to))
      links[index] = link
      if (from !== to) this.#narrow(link)
      this.#observer.linkCreated(link)
    }
    return link
  }

  /** These links are so from now on; what is on its way arrives as it would have. */
  shape(links: string, override: LinkOverride): void {
    const covers = this.#profiles.add(links, override)
    this.eachLink((link) => {
      if (link.from === link.to || !covers(link.from, link.to)) return
      link.latency = this.#profiles.latencyOf(link.from, link.to)
      this.#narrow(link)
    })
  }

  #narrow(link: Link): void {
    link.bottleneck = this.#profiles.bottleneckOf(link.from, link.to)
    link.settle(this.#kernel.now)
  }

  /** The machine of this name. */
  endpoint(name: HostName): Endpoint {
    for (const endpoint of this.#endpoints) if (endpoint.name === name) return endpoint
    throw new Misuse(`there is no host '${name}': this simulation has ${this.#endpoints.map((endpoint) => endpoint.name).join(', ')}`)
  }

  /** What packets to a port are counted by: `TCP.7000`. */
  socketType(transport: 'TCP' | 'UDP', port: number): MessageType {
    return this.types.of(transport === 'TCP' ? tcp : udp, String(port))
  }

  /** Latencies are drawn anew from now on. */
  reseed(seed: string): void {
    this.key = deriveKey(this.key, seed)
    this.eachLink((link) => link.rekey(this.key))
  }

  /** Every link used so far, in a fixed order. */
  eachLink(visit: (link: Link) => void): void {
    for (const link of this.#links) if (link !== undefined) visit(link)
  }

  /** The links and message types that sent most. */
  busiest(count: number): { site: string; sent: number }[] {
    const channels: { site: string; sent: number }[] = []
    this.eachLink((link) => {
      for (const channel of link.channels) if (channel !== undefined) channels.push({ site: channel.site, sent: channel.sent })
    })
    return channels.sort((a, b) => b.sent - a.sent || (a.site < b.site ? -1 : 1)).slice(0, count)
  }

  /** Sends a packet that the sender has been charged for. `c` is the value it carries, already taken over. */
  transmit(kind: number, link: Link, type: MessageType, a: unknown, c: unknown): void {
    const kernel = this.#kernel
    const channel = link.channel(type)
    const ordinal = ++channel.sent
    kernel.fold(channel.word)
    const die = mix(mix(link.key.high + Math.imul(ordinal, 0x9e3779b1)) ^ channel.word) >>> 0
    let at = kernel.now + link.latency.delay(die)
    if (!link.isQuiet) {
      this.#transmitThroughNoise(kind, link, channel, ordinal, at, a, c)
      return
    }
    if (type.isStream) {
      if (at < link.lastStreamArrival) at = link.lastStreamArrival
      else link.lastStreamArrival = at
    } else if (at < link.lastDatagramArrival) at = link.lastDatagramArrival
    else link.lastDatagramArrival = at
    kernel.queue.schedule(at, kind, this, link.to, null, kernel.steps, a, channel, c, link.epoch)
  }

  fire(event: KernelEvent): void {
    const channel = event.b as Channel
    const link = channel.link
    if (event.n !== link.epoch && !this.#arrives(event, channel, link)) return
    switch (event.kind) {
      case request:
        this.#deliverRequest(event, channel)
        break
      case reply:
        this.#deliverReply(event)
        break
      case message:
        this.#deliverMessage(event, channel)
        break
      case reset:
        this.#deliverReset(event)
        break
      case segment:
        link.to.sockets.segmentArrived(event.c as Segment, link)
        break
      case datagram:
        link.to.sockets.datagramArrived(event.c as DatagramPacket)
        break
    }
  }

  /** A partition, or part of one: packets in flight are lost (datagrams) or retransmitted after it ends (streams). */
  cut(links: readonly Link[]): void {
    for (const link of links) link.cut()
  }

  mend(links: readonly Link[]): void {
    const now = this.#kernel.now
    for (const link of links) {
      link.cuts--
      link.settle(now)
      if (link.cuts > 0) continue
      const parked = link.parked
      link.parked = []
      for (const packet of parked) this.#retransmit(packet, link, ms(1))
    }
  }

  setNoise(link: Link, noise: readonly LinkNoise[]): void {
    link.noise = noise
    link.settle(this.#kernel.now)
  }

  /** Resets the calls in service of a process that died: the machine lives, and says so. */
  resetCallers(receiver: Receiver): void {
    for (let pending = receiver.inService; pending !== null; pending = pending.nextInService) {
      if (pending.type.isStream) this.transmit(reset, this.#back(pending), pending.type, pending, 'reset')
    }
    receiver.inService = null
  }

  /** Settles a call's promise; nothing happens when it is settled already or its caller is dead. */
  settle(pending: PendingCall, error: unknown, value: unknown): void {
    if (pending.isSettled) return
    pending.isSettled = true
    if (!pending.life.alive) return
    pending.queue.remove(pending)
    pending.abort?.()
    if (error === null) pending.resolve(value)
    else pending.reject(error)
  }

  #transmitThroughNoise(kind: number, link: Link, channel: Channel, ordinal: number, arrival: Nanos, a: unknown, c: unknown): void {
    const isStream = channel.type.isStream
    if (link.isCut) {
      this.#observer.held(link, 'cut')
      if (!isStream) return
    }
    const passage = new Passage(kind, channel, ordinal, this.#kernel.now, arrival, c)
    const fate = passage.go()
    if (fate !== 'arrives') {
      if (fate !== 'lost') this.#breakOff(kind, channel, passage.at, a as PendingCall | undefined, fate)
      return
    }
    const { content, overtakes } = passage
    let { at } = passage
    for (const again of passage.repeats) this.#schedule(again, kind, channel, a, content, link.epoch)
    if (isStream) {
      if (at < link.lastStreamArrival) at = link.lastStreamArrival
      else link.lastStreamArrival = at
    } else if (!overtakes) {
      if (at < link.lastDatagramArrival) at = link.lastDatagramArrival
      else link.lastDatagramArrival = at
    }
    // A packet sent while the link is cut or clogged learns of it when it arrives, so that it keeps its place behind those in flight.
    const isClogged = link.clogUntil > this.#kernel.now
    this.#schedule(at, kind, channel, a, content, link.isCut ? -1 : isClogged ? link.epoch + 1 : link.epoch)
  }

  /** The caller of a request or reply that got no further hears of it; a one-way message is lost. */
  #breakOff(kind: number, channel: Channel, at: Nanos, pending: PendingCall | undefined, fate: 'broken' | 'refused'): void {
    if (kind === request) this.transmit(reset, this.#back(pending as PendingCall), channel.type, pending, fate)
    else if (kind === reply) this.#schedule(at, reset, channel, pending, fate, channel.link.epoch)
  }

  /** Whether a packet that its link was cut or clogged under arrives now. */
  #arrives(event: KernelEvent, channel: Channel, link: Link): boolean {
    const { kind, a, c } = event
    if (link.isCut || event.n < link.cutEpoch) {
      if (!channel.type.isStream) this.#observer.held(link, 'cut')
      else if (link.isCut) link.parked.push({ kind, channel, a, c })
      else this.#retransmit({ kind, channel, a, c }, link, retransmissionTimeout)
      return false
    }
    if (link.clogUntil <= this.#kernel.now) return true
    this.#observer.held(link, 'clog')
    this.#schedule(link.clogUntil, kind, channel, a, c, link.epoch)
    return false
  }

  #retransmit(packet: Parked, link: Link, delay: Nanos): void {
    let at = this.#kernel.now + delay
    if (at < link.lastStreamArrival) at = link.lastStreamArrival
    else link.lastStreamArrival = at
    this.#schedule(at, packet.kind, packet.channel, packet.a, packet.c, link.epoch)
  }

  #schedule(at: Nanos, kind: number, channel: Channel, a: unknown, c: unknown, epoch: number): void {
    this.#kernel.queue.schedule(at, kind, this, channel.link.to, null, this.#kernel.steps, a, channel, c, epoch)
  }

  #back({ link }: PendingCall): Link {
    link.back ??= this.link(link.to, link.from)
    return link.back
  }

  #deliverRequest(event: KernelEvent, channel: Channel): void {
    const endpoint = channel.link.to
    const pending = event.a as PendingCall
    const receiver = endpoint.receiver
    if (receiver === null) {
      if (endpoint.isPowered && channel.type.isStream) this.#refuse(pending)
      return
    }
    const type = channel.type
    const handler = receiver.handlers[type.id] ?? receiver.handlerOf(type.id, type.protocol, type.method)
    this.#kernel.life = receiver
    if (handler === undefined) {
      if (type.isStream) this.#refuse(pending)
      return
    }
    let result: unknown
    try {
      result = handler.handle.call(handler.owner, event.c, channel.link.from.name)
    } catch (error) {
      this.#answerError(receiver, pending, error)
      return
    }
    if (typeof result === 'object' && result !== null && typeof (result as PromiseLike<unknown>).then === 'function') {
      pending.enterService(receiver)
      ;(result as PromiseLike<unknown>).then(
        (value) => {
          this.#answer(receiver, pending, value)
          pending.leaveService(receiver)
        },
        (error: unknown) => {
          this.#answerError(receiver, pending, error)
          pending.leaveService(receiver)
        },
      )
    } else this.#answer(receiver, pending, result)
  }

  #answer(receiver: Receiver, pending: PendingCall, value: unknown): void {
    if (!receiver.effect()) return
    const values = this.values
    const taken = values.take(value)
    this.#kernel.fold(values.word)
    this.transmit(reply, this.#back(pending), pending.type, pending, taken)
  }

  #answerError(receiver: Receiver, pending: PendingCall, error: unknown): void {
    if (this.#observer.died(error) || !receiver.effect()) return
    const thrown = error as { message?: unknown; code?: unknown; name?: unknown } | null
    const text = typeof thrown?.message === 'string' ? thrown.message : String(error)
    const remote = new RemoteError(`${pending.type.name} on ${pending.link.to.name}: ${text}`, typeof thrown?.code === 'string' ? thrown.code : undefined)
    this.transmit(reset, this.#back(pending), pending.type, pending, remote)
  }

  #refuse(pending: PendingCall): void {
    this.transmit(reset, this.#back(pending), pending.type, pending, 'refused')
  }

  #deliverReply(event: KernelEvent): void {
    const pending = event.a as PendingCall
    this.#kernel.life = pending.life
    this.settle(pending, null, event.c)
  }

  #deliverReset(event: KernelEvent): void {
    const pending = event.a as PendingCall
    this.#kernel.life = pending.life
    if (pending.isSettled) return
    if (event.c instanceof RemoteError) {
      this.settle(pending, event.c, undefined)
      return
    }
    const why = event.c as keyof typeof resets
    const code = why === 'refused' ? 'refused' : 'reset'
    this.settle(pending, new NetError(code, `${pending.type.name} to ${pending.link.to.name} ${resets[why]}`), undefined)
  }

  #deliverMessage(event: KernelEvent, channel: Channel): void {
    const receiver = channel.link.to.receiver
    if (receiver === null) return
    const type = channel.type
    const handler = receiver.handlers[type.id] ?? receiver.handlerOf(type.id, type.protocol, type.method)
    if (handler === undefined) return
    this.#kernel.life = receiver
    // One way: there is no caller to tell, so a throw or a rejection is the process's own.
    handler.handle.call(handler.owner, event.c, channel.link.from.name)
  }
}

/** Why a call got no answer, as its caller hears it. */
const resets = {
  refused: 'refused: nobody serves it there',
  reset: 'reset: the process there died',
  broken: 'reset: the connection broke',
} as const

const tcp = { name: 'TCP', transport: 'datagram' } as const
const udp = { name: 'UDP', transport: 'datagram' } as const

const loopback: LatencyProfile = { name: 'loopback', delay: (die) => 5_000 + (die >>> 20) }
