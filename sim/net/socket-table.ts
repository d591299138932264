import { s } from '../host/durations.js'
import { Misuse, NetError } from '../host/errors.js'
import type { Connection, ConnectOptions, DatagramSocket, Listener, Nanos } from '../host/seam.js'
import { type EventLife, type EventTarget, type KernelEvent, segment as segmentKind, socket, timeout as timeoutEvent } from '../kernel/event.js'
import type { Kernel } from '../kernel/kernel.js'
import { ConnectionEnd } from './connection/connection-end.js'
import { ConnectionPair } from './connection/connection-pair.js'
import type { ConnectionOwner, ConnectionStack } from './connection/connection-stack.js'
import { fin, rst, Segment, syn } from './connection/segment.js'
import { SimulatedConnection } from './connection/simulated-connection.js'
import type { DatagramPacket } from './datagram.js'
import { SimulatedDatagramSocket } from './datagram-socket.js'
import type { Endpoint } from './endpoint.js'
import type { Link } from './link.js'
import type { Network } from './network.js'
import type { SocketLife } from './socket-life.js'

const defaultTimeout = s(5)
/** The range that IANA leaves to clients. */
const firstFreePort = 49_152
const lastPort = 65_535

/**
 * The sockets of one machine, as its kernel keeps them: who listens where, its ends of connections, its datagram sockets.
 * It outlives the machine's processes: connections of a dead one are ended or reset as a kernel does. A power loss takes all of it without a word.
 */
export class SocketTable implements ConnectionStack, EventTarget {
  /** Faults that make it refuse connections now, told of each. */
  readonly #refusals: (() => void)[] = []
  readonly #machine: Endpoint
  readonly #network: Network
  readonly #kernel: Kernel
  readonly #listeners = new Map<number, OpenListener>()
  readonly #ends = new Set<ConnectionEnd>()
  readonly #datagramSockets = new Map<number, SimulatedDatagramSocket>()
  #lastFreePort = firstFreePort - 1

  constructor(machine: Endpoint, network: Network, kernel: Kernel) {
    this.#machine = machine
    this.#network = network
    this.#kernel = kernel
  }

  // ---------------------------------------------------------------- what processes ask

  listen(life: SocketLife, port: number, accept: (connection: Connection) => void): Promise<Listener> {
    requirePort('listen(port, accept)', port, 0)
    if (!life.effect()) return never()
    const chosen = port === 0 ? this.#freePort(this.#listeners) : port
    this.#kernel.fold(chosen)
    if (this.#listeners.has(chosen)) return Promise.reject(inUse(life, chosen, 'listens'))
    const listener = new OpenListener(life, chosen, accept, this.#listeners)
    this.#listeners.set(chosen, listener)
    return Promise.resolve(listener)
  }

  connect(life: SocketLife, to: Endpoint, port: number, options: ConnectOptions = {}): Promise<Connection> {
    requirePort('connect(to, port)', port, 1)
    if (!life.effect()) return never()
    const { timeout = defaultTimeout, signal } = options
    const network = this.#network
    const target = `${to.name}:${port}`
    if (signal?.aborted) return Promise.reject(aborted(target))
    const from = this.#freePort(null)
    const end = new ConnectionEnd(this, network.link(this.#machine, to), true, life)
    const site = network.connections.nextSite(this.#machine.name, to.name, port)
    end.pair = new ConnectionPair(site, network.socketType('TCP', port), end, port, from, network.key.low)
    network.connections.add(end.pair)
    this.#ends.add(end)
    const connection = new SimulatedConnection(life, end, this.#kernel, { host: this.#machine.name, port: from }, { host: to.name, port })
    return new Promise((resolve, reject) => {
      const timer =
        timeout === Number.POSITIVE_INFINITY
          ? null
          : this.#kernel.schedule(this.#machine.trueDelay(timeout), timeoutEvent, this, this.#machine, life, () => giveUp('timeout'), `connect ${target}`)
      const settled = () => {
        if (timer !== null) this.#kernel.queue.cancel(timer)
        signal?.removeEventListener('abort', abort)
      }
      const giveUp = (why: 'timeout' | 'aborted') => {
        settled()
        end.forget()
        reject(why === 'aborted' ? aborted(target) : new NetError('timeout', `connecting to ${target} timed out: nothing answered`))
      }
      const abort = () => giveUp('aborted')
      signal?.addEventListener('abort', abort, { once: true })
      end.owner = new Dialling(
        () => {
          settled()
          end.owner = connection
          resolve(connection)
        },
        (code) => {
          settled()
          const what = code === 'refused' ? 'was refused: nobody listens there' : 'timed out: nothing answered'
          reject(new NetError(code, `connecting to ${target} ${what}`))
        },
      )
      end.dial()
    })
  }

  datagrams(life: SocketLife, port: number): Promise<DatagramSocket> {
    requirePort('datagrams(port)', port, 0)
    if (!life.effect()) return never()
    const sockets = this.#datagramSockets
    const chosen = port === 0 ? this.#freePort(sockets) : port
    this.#kernel.fold(chosen)
    if (sockets.has(chosen)) return Promise.reject(inUse(life, chosen, 'receives datagrams'))
    const opened = new SimulatedDatagramSocket(life, chosen, this.#machine, this.#network, this.#kernel, () => sockets.delete(chosen))
    sockets.set(chosen, opened)
    return Promise.resolve(opened)
  }

  // ---------------------------------------------------------------- what comes

  segmentArrived(segment: Segment, link: Link): void {
    const { pair } = segment
    if (!this.#machine.isPowered) return
    if (pair.swallow !== null) {
      pair.swallow()
      return
    }
    const end = segment.toDialler ? pair.dialler : pair.acceptor
    if (end === null || end.isGone) {
      this.#strayArrived(segment, end, link)
      return
    }
    this.#kernel.life = end.life
    end.arrived(segment)
  }

  datagramArrived(packet: DatagramPacket): void {
    const opened = this.#datagramSockets.get(packet.port)
    if (opened === undefined || !this.#machine.isPowered) return
    this.#kernel.life = opened.life
    opened.arrived(packet)
  }

  /** A segment for an end that is not (or no longer) there. */
  #strayArrived(segment: Segment, end: ConnectionEnd | null, link: Link): void {
    const { pair, flags } = segment
    if ((flags & rst) !== 0 || segment.isCorrupt) return
    const back = this.#network.link(this.#machine, link.from)
    if (end?.isFinished) {
      if ((flags & fin) !== 0) end.answerLate()
      return
    }
    const isNew = (flags & syn) !== 0 && !segment.toDialler && end === null
    const listener = isNew && !this.#refuses() ? this.#listeners.get(pair.port) : undefined
    if (listener === undefined) {
      this.#send(back, new Segment(pair, !segment.toDialler, rst, 0, 0, 0, nothing))
      return
    }
    const accepted = new ConnectionEnd(this, back, false, listener.life)
    accepted.pair = pair
    pair.acceptor = accepted
    this.#ends.add(accepted)
    const local = { host: this.#machine.name, port: pair.port }
    const remote = { host: link.from.name, port: pair.dialledFrom }
    const connection = new SimulatedConnection(listener.life, accepted, this.#kernel, local, remote)
    accepted.owner = new Dialling(
      () => {
        accepted.owner = connection
        if (listener.isOpen) listener.accept(connection)
        else accepted.reset()
      },
      () => {},
    )
    accepted.accept(segment)
  }

  #refuses(): boolean {
    for (const refused of this.#refusals) refused()
    return this.#refusals.length > 0
  }

  // ---------------------------------------------------------------- faults

  /** Whoever wants to connect is refused from now on; `refused` is told of each. Answers how to end it. */
  refuse(refused: () => void): () => void {
    this.#refusals.push(refused)
    return () => {
      this.#refusals.splice(this.#refusals.indexOf(refused), 1)
    }
  }

  /** Does something in a step of its own that belongs to a process of this machine. */
  inLife(life: EventLife | null, label: string, run: () => void): void {
    this.#kernel.schedule(0, socket, this, this.#machine, life, run, label)
  }

  // ---------------------------------------------------------------- the end of processes and machines

  /** The process is dead, its machine is not: nobody listens any more, and its connections end, or are reset where bytes were left unread. */
  processDied(life: SocketLife): void {
    for (const listener of [...this.#listeners.values()]) if (listener.life === life) listener.close()
    for (const [port, opened] of [...this.#datagramSockets]) if (opened.life === life) this.#datagramSockets.delete(port)
    for (const end of [...this.#ends]) if (end.life === life) end.leave()
  }

  powerLost(): void {
    this.#listeners.clear()
    this.#datagramSockets.clear()
    for (const end of [...this.#ends]) end.forget()
  }

  /** What the process of this machine waits for, for a report. */
  *waiting(): Generator<string> {
    for (const end of this.#ends) {
      const what = end.owner instanceof SimulatedConnection ? end.owner.waitsFor : null
      if (what !== null) yield what
    }
  }

  // ---------------------------------------------------------------- ConnectionStack

  get now(): Nanos {
    return this.#kernel.now
  }

  transmit(end: ConnectionEnd, segment: Segment): void {
    this.#send(end.link, segment)
  }

  schedule(end: ConnectionEnd, at: Nanos): KernelEvent {
    const { queue, steps } = this.#kernel
    return queue.schedule(at, socket, this, this.#machine, null, steps, end, end.pair.site, undefined, 0)
  }

  cancel(event: KernelEvent): void {
    this.#kernel.queue.cancel(event)
  }

  left(end: ConnectionEnd): void {
    this.#ends.delete(end)
    this.#network.connections.left(end.pair)
  }

  soon(end: ConnectionEnd, what: string, run: () => void): void {
    this.inLife(end.life, `${what} ${end.pair.site}`, run)
  }

  fire(event: KernelEvent): void {
    const { a } = event
    if (a instanceof ConnectionEnd) {
      this.#kernel.life = a.life
      a.timerFired()
    } else (a as () => void)()
  }

  #send(link: Link, segment: Segment): void {
    const { pair, sequence, acknowledged, flags, window, bytes } = segment
    if (pair.swallow !== null) {
      pair.swallow()
      return
    }
    this.#kernel.fold(Math.imul(sequence, 0x9e3779b1) ^ acknowledged)
    this.#kernel.fold((bytes.length << 8) ^ (window << 3) ^ flags)
    this.#network.transmit(segmentKind, link, pair.type, undefined, segment)
  }

  #freePort(taken: ReadonlyMap<number, unknown> | null): number {
    for (let tries = firstFreePort; tries <= lastPort; tries++) {
      this.#lastFreePort = this.#lastFreePort === lastPort ? firstFreePort : this.#lastFreePort + 1
      if (taken === null || !taken.has(this.#lastFreePort)) return this.#lastFreePort
    }
    throw new NetError('in-use', `every free port of ${this.#machine.name} is in use`)
  }
}

class OpenListener implements Listener {
  isOpen = true
  constructor(
    readonly life: SocketLife,
    readonly port: number,
    readonly accept: (connection: Connection) => void,
    readonly listeners: Map<number, OpenListener>,
  ) {}

  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.listeners.delete(this.port)
  }
}

/** The owner of an end until it is established. */
class Dialling implements ConnectionOwner {
  constructor(
    readonly opened: () => void,
    readonly failed: ConnectionOwner['failed'],
  ) {}
  readable(): void {}
  writable(): void {}
}

const nothing = new Uint8Array(0)

export function requirePort(what: string, port: number, least: number): void {
  if (!Number.isInteger(port) || port < least || port > lastPort) throw new Misuse(`${what}: a port is an integer from ${least} to ${lastPort}, not ${port}`)
}

function inUse(life: SocketLife, port: number, does: string): NetError {
  return new NetError('in-use', `${life.name} already ${does} on port ${port}`)
}

function aborted(target: string): NetError {
  return new NetError('aborted', `connecting to ${target} was aborted by its caller`)
}

/** Nothing that a dead process was promised ever settles. */
function never(): Promise<never> {
  return new Promise(() => {})
}
