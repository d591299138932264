import { message, request } from '../kernel/event.js'
import type { Handler } from '../net/handler.js'
import type { Link } from '../net/link.js'
import type { Network } from '../net/network.js'
import { PendingCall } from '../net/pending-call.js'
import { CallDeadlines } from './call-deadlines.js'
import { s } from './durations.js'
import { Misuse, NetError } from './errors.js'
import type { Incarnation } from './incarnation.js'
import type { MachineWorld } from './machine-world.js'
import type { CallOptions, Closable, Connection, ConnectOptions, DatagramSocket, Handlers, HostName, Listener, Methods, Nanos, Net, Protocol } from './seam.js'
import type { SimulatedHost } from './simulated-host.js'

const defaultTimeout = s(5)

/** The network face of one life. */
export class SimulatedNet implements Net {
  readonly #life: Incarnation
  readonly #world: MachineWorld
  readonly #network: Network
  readonly #served = new Map<string, object>()
  readonly #links = new Map<HostName, Link>()
  #lastTo: HostName | null = null
  #lastLink!: Link
  /** Calls that wait, by how long they may. */
  readonly #waiting = new Map<Nanos, CallDeadlines>()
  #lastWaiting: CallDeadlines | null = null

  constructor(life: Incarnation, world: MachineWorld) {
    this.#life = life
    this.#world = world
    this.#network = world.network
  }

  serve<M extends Methods>(protocol: Protocol<M>, handlers: Handlers<M>): Closable {
    if (!this.#life.owns()) return notServed
    if (this.#served.has(protocol.name)) throw new Misuse(`${this.#life.name} already serves ${protocol.name}`)
    this.#served.set(protocol.name, handlers)
    return {
      close: () => {
        if (this.#served.get(protocol.name) !== handlers) return
        this.#served.delete(protocol.name)
        this.#life.handlers.length = 0
      },
    }
  }

  find(typeId: number, protocol: string, method: string): Handler | undefined {
    const owner = this.#served.get(protocol) as Record<string, unknown> | undefined
    const handle = owner?.[method]
    // What every object has, `toString`, nobody serves.
    if (owner === undefined || typeof handle !== 'function' || handle === (Object.prototype as unknown as Record<string, unknown>)[method]) return undefined
    const { handlers } = this.#life
    while (handlers.length <= typeId) handlers.push(undefined)
    const handler = { owner, handle: handle as Handler['handle'] }
    handlers[typeId] = handler
    return handler
  }

  call<M extends Methods, K extends keyof M & string>(
    protocol: Protocol<M>,
    to: HostName,
    method: K,
    body: M[K]['req'],
    options?: CallOptions,
  ): Promise<M[K]['res']> {
    const life = this.#life
    const link = this.#link(to)
    let resolve!: (value: unknown) => void
    let reject!: (error: unknown) => void
    const promise = new Promise<M[K]['res']>((resolved, rejected) => {
      resolve = resolved as (value: unknown) => void
      reject = rejected
    })
    if (!life.effect()) return promise
    const network = this.#network
    const { kernel } = this.#world
    const type = network.types.of(protocol, method)
    const taken = network.values.take(body)
    kernel.fold(network.values.word)
    const wait = options === undefined ? defaultTimeout : (options.timeout ?? defaultTimeout)
    const last = this.#lastWaiting
    const queue = last !== null && last.wait === wait ? last : this.#waitingFor(wait)
    const pending = new PendingCall(life, type, link, queue, queue.deadline(), kernel.steps, resolve, reject)
    queue.add(pending)
    if (options?.signal !== undefined) this.#abortable(pending, options.signal)
    if (!pending.isSettled) network.transmit(request, link, type, pending, taken)
    return promise
  }

  send<M extends Methods, K extends keyof M & string>(protocol: Protocol<M>, to: HostName, method: K, body: M[K]['req']): void {
    const link = this.#link(to)
    if (!this.#life.effect()) return
    const network = this.#network
    const taken = network.values.take(body)
    this.#world.kernel.fold(network.values.word)
    network.transmit(message, link, network.types.of(protocol, method), undefined, taken)
  }

  listen(port: number, accept: (connection: Connection) => void): Promise<Listener> {
    return this.#life.machine.sockets.listen(this.#life, port, accept)
  }

  connect(to: HostName, port: number, options?: ConnectOptions): Promise<Connection> {
    return this.#life.machine.sockets.connect(this.#life, this.#network.endpoint(to), port, options)
  }

  datagrams(port: number): Promise<DatagramSocket> {
    return this.#life.machine.sockets.datagrams(this.#life, port)
  }

  /** Calls that wait for their answers; those with the same timeout in the order in which they were made. */
  *waiting(): Generator<PendingCall> {
    for (const { first } of this.#waiting.values()) for (let call = first; call !== null; call = call.next) yield call
  }

  #waitingFor(wait: Nanos): CallDeadlines {
    let queue = this.#waiting.get(wait)
    if (queue === undefined) {
      if (wait !== Number.POSITIVE_INFINITY && (!Number.isSafeInteger(wait) || wait < 0))
        throw new Misuse(`a call's timeout is an integer of nanoseconds from 0 on, not ${wait}`)
      // Timeouts that are drawn would grow the table without end.
      if (this.#waiting.size >= 32) for (const [key, { isIdle }] of this.#waiting) if (isIdle) this.#waiting.delete(key)
      queue = new CallDeadlines(this.#life, this.#world.kernel, wait, this.#expire)
      this.#waiting.set(wait, queue)
    }
    this.#lastWaiting = queue
    return queue
  }

  /** A call's time is up. */
  readonly #expire = (call: PendingCall): void => {
    const error = new NetError('timeout', `${call.type.name} to ${call.link.to.name} timed out: it may or may not have been handled`)
    this.#network.settle(call, error, undefined)
  }

  #link(to: HostName): Link {
    if (to === this.#lastTo) return this.#lastLink
    const link = this.#links.get(to) ?? this.#newLink(to)
    this.#lastTo = to
    this.#lastLink = link
    return link
  }

  #newLink(to: HostName): Link {
    const target: SimulatedHost | undefined = this.#world.host(to)
    if (target === undefined) {
      const names = Object.values(this.#world.peers).flat()
      throw new Misuse(`there is no host '${to}': this simulation has ${names.join(', ')}`)
    }
    const link = this.#network.link(this.#life.machine, target)
    this.#links.set(to, link)
    return link
  }

  #abortable(pending: PendingCall, signal: AbortSignal): void {
    const abort = () => {
      this.#network.settle(pending, new NetError('aborted', `${pending.type.name} to ${pending.link.to.name} was aborted by its caller`), undefined)
    }
    if (signal.aborted) abort()
    else {
      signal.addEventListener('abort', abort, { once: true })
      pending.abort = () => signal.removeEventListener('abort', abort)
    }
  }
}

const notServed: Closable = { close() {} }
