import { createServer, type Server, type Socket } from 'node:net'
import { Misuse } from '../host/errors.js'
import type {
  CallOptions,
  Clock,
  Closable,
  Connection,
  ConnectOptions,
  DatagramSocket,
  Handlers,
  HostName,
  Listener,
  Log,
  Methods,
  Net,
  Protocol,
  Random,
  Sockets,
} from '../host/seam.js'
import { DatagramLink, longestDatagram } from './datagram-link.js'
import { IncomingPeer } from './incoming-peer.js'
import { OpenCalls } from './open-calls.js'
import { OutgoingLink } from './outgoing-link.js'
import type { PeerAddress } from './peer-address.js'
import { RealSockets } from './real-sockets.js'
import { Services } from './services.js'
import { encodeMessage, longestMessage, takeValue, type WireMessage } from './wire.js'

export interface RealNetOptions {
  readonly cluster: string
  readonly name: HostName
  /** Where typed protocols are served; without it this host only calls. */
  readonly listen: PeerAddress | undefined
  readonly addresses: ReadonlyMap<HostName, PeerAddress>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly crash: (error: unknown, where: string) => void
}

/**
 * The machine's network. Typed protocols go over one TCP connection in each direction between two hosts (`stream`) and over UDP (`datagram`), all at one
 * address a host; byte streams and datagrams go to the ports they name, as any program's do. Names are believed: who can reach the address can say it is
 * any host. Nothing is encrypted.
 */
export class RealNet implements Net, Sockets {
  readonly #options: RealNetOptions
  readonly #services: Services
  readonly #calls: OpenCalls
  readonly #sockets: RealSockets
  readonly #links = new Map<HostName, OutgoingLink>()
  readonly #incoming = new Set<IncomingPeer>()
  readonly #server: Server | null
  readonly #datagrams: DatagramLink
  #isClosed = false

  private constructor(options: RealNetOptions, server: Server | null, services: Services, calls: OpenCalls, datagrams: DatagramLink) {
    this.#options = options
    this.#server = server
    this.#services = services
    this.#calls = calls
    this.#datagrams = datagrams
    this.#sockets = new RealSockets(options)
    // A connection that could not be accepted (too many open files) is its dialler's to make again.
    server?.on('error', (error) => options.log.warn('net.accept', { error: error.message }))
    server?.on('connection', (socket: Socket) => {
      this.#incoming.add(new IncomingPeer(socket, { cluster: options.cluster, services, calls, log: options.log }, (peer) => this.#incoming.delete(peer)))
    })
  }

  /** Rejects with the error of the machine when the address is not to be had. */
  static async open(options: RealNetOptions): Promise<RealNet> {
    const services = new Services(options.name, options.crash)
    const calls = new OpenCalls(options.clock)
    const server = options.listen === undefined ? null : await listenAt(options.listen)
    try {
      const { cluster, name, log } = options
      const answerElsewhere = (to: HostName, message: WireMessage): boolean => net.#answer(to, message)
      const datagrams = await DatagramLink.open({ cluster, from: name, listen: boundAddress(server, options.listen), services, calls, log, answerElsewhere })
      const net: RealNet = new RealNet(options, server, services, calls, datagrams)
      return net
    } catch (error) {
      server?.close()
      throw error
    }
  }

  /** Where typed protocols are served, with the port that was free when 0 was asked for. */
  get address(): PeerAddress | undefined {
    return boundAddress(this.#server, this.#options.listen)
  }

  /** Settles once no request of another host waits for its answer. */
  async idle(): Promise<void> {
    await this.#services.idle()
    await Promise.all([...this.#incoming, ...this.#links.values()].map((stream) => stream.flush()))
  }

  serve<M extends Methods>(protocol: Protocol<M>, handlers: Handlers<M>): Closable {
    return this.#services.serve(protocol.name, handlers)
  }

  call<M extends Methods, K extends keyof M & string>(
    protocol: Protocol<M>,
    to: HostName,
    method: K,
    body: M[K]['req'],
    options: CallOptions = {},
  ): Promise<M[K]['res']> {
    const address = this.#addressOf(to)
    const taken = takeValue(body)
    const isStream = protocol.transport === 'stream'
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return
      const what = `${protocol.name}.${method}`
      const id = this.#calls.open({ what, to, isStream }, options, resolve, reject)
      if (id !== null) this.#send(to, address, { kind: 'request', id, protocol: protocol.name, method, body: taken }, isStream)
    })
  }

  send<M extends Methods, K extends keyof M & string>(protocol: Protocol<M>, to: HostName, method: K, body: M[K]['req']): void {
    const address = this.#addressOf(to)
    const taken = takeValue(body)
    if (!this.#isClosed) this.#send(to, address, { kind: 'one-way', protocol: protocol.name, method, body: taken }, protocol.transport === 'stream')
  }

  listen(port: number, accept: (connection: Connection) => void): Promise<Listener> {
    return this.#sockets.listen(port, accept)
  }

  connect(to: HostName, port: number, options?: ConnectOptions): Promise<Connection> {
    if (to !== this.#options.name) this.#addressOf(to)
    return this.#sockets.connect(to, port, options)
  }

  datagrams(port: number): Promise<DatagramSocket> {
    return this.#sockets.datagrams(port)
  }

  /** Every socket is closed, and nothing that was promised settles any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#calls.drop()
    for (const link of this.#links.values()) link.close()
    for (const peer of this.#incoming) peer.close()
    const server = this.#server
    await Promise.all([
      this.#sockets.close(),
      this.#datagrams.close(),
      server === null ? undefined : new Promise<void>((resolve) => server.close(() => resolve())),
    ])
  }

  #send(to: HostName, address: PeerAddress | null, message: Extract<WireMessage, { kind: 'request' | 'one-way' }>, isStream: boolean): void {
    const bytes = encodeMessage(message)
    if (bytes.length > longestMessage) throw new Misuse(`${message.protocol}.${message.method}: a message of ${bytes.length} bytes; at most ${longestMessage}`)
    if (address === null) this.#loopBack(message)
    else if (isStream || bytes.length > longestDatagram) this.#link(to, address).send(bytes, message.kind === 'request' ? message.id : null)
    else this.#datagrams.send(address, bytes)
  }

  /** To itself: never before the caller went on. */
  #loopBack(message: Extract<WireMessage, { kind: 'request' | 'one-way' }>): void {
    setImmediate(() => {
      if (!this.#isClosed) this.#services.handle(message, this.#options.name, (reply) => setImmediate(() => this.#calls.receive(reply)))
    })
  }

  #answer(to: HostName, message: WireMessage): boolean {
    const address = this.#options.addresses.get(to)
    if (address === undefined || this.#isClosed) return false
    this.#link(to, address).send(encodeMessage(message), null)
    return true
  }

  #link(to: HostName, address: PeerAddress): OutgoingLink {
    let link = this.#links.get(to)
    if (link === undefined) {
      const { cluster, name, clock, random, log } = this.#options
      link = new OutgoingLink({ cluster, from: name, calls: this.#calls, clock, random, log }, to, address)
      this.#links.set(to, link)
    }
    return link
  }

  /** null: this host. Throws `Misuse` for a name that nobody gave an address. */
  #addressOf(to: HostName): PeerAddress | null {
    if (to === this.#options.name) return null
    const address = this.#options.addresses.get(to)
    if (address === undefined) throw new Misuse(`there is no host '${to}': this host knows ${[...this.#options.addresses.keys()].join(', ') || 'no other'}`)
    return address
  }
}

function listenAt({ machine, port }: PeerAddress): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: machine, port }, () => {
      server.off('error', reject)
      resolve(server)
    })
  })
}

function boundAddress(server: Server | null, listen: PeerAddress | undefined): PeerAddress | undefined {
  const bound = server?.address()
  return listen === undefined || typeof bound !== 'object' || bound === null ? listen : { machine: listen.machine, port: bound.port }
}
