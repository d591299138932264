import { createSocket } from 'node:dgram'
import { connect, createServer, isIP, isIPv6, type Server, type Socket } from 'node:net'
import { Misuse, NetError, type NetErrorCode } from '../host/errors.js'
import type { Clock, Connection, ConnectOptions, DatagramSocket, HostName, Listener, Log, Sockets } from '../host/seam.js'
import { requirePort } from '../net/socket-table.js'
import type { PeerAddress } from './peer-address.js'
import { RealConnection } from './real-connection.js'
import { RealDatagrams } from './real-datagrams.js'

export interface RealSocketsOptions {
  readonly name: HostName
  readonly listen: PeerAddress | undefined
  readonly addresses: ReadonlyMap<HostName, PeerAddress>
  readonly clock: Clock
  readonly log: Log
}

/** Five seconds, in nanoseconds. */
const defaultTimeout = 5_000_000_000

/**
 * TCP and UDP sockets on the ports they name, at the machine's address of this host: any program can talk to them. The other side is called by its host's
 * name where one host alone has its address, and by the address otherwise; hosts on one machine that want ports apart take addresses apart (127.0.0.2, …).
 */
export class RealSockets implements Sockets {
  readonly #options: RealSocketsOptions
  readonly #names = new Map<string, HostName | null>()
  readonly #connections = new Set<RealConnection>()
  readonly #servers = new Set<Server>()
  readonly #datagramSockets = new Set<RealDatagrams>()
  readonly #closing: Promise<void>[] = []
  #isClosed = false

  constructor(options: RealSocketsOptions) {
    this.#options = options
    const all: [HostName, PeerAddress][] = [...options.addresses]
    if (options.listen !== undefined) all.push([options.name, options.listen])
    for (const [host, { machine }] of all) this.#names.set(machine, this.#names.has(machine) && this.#names.get(machine) !== host ? null : host)
  }

  listen(port: number, accept: (connection: Connection) => void): Promise<Listener> {
    requirePort('listen(port, accept)', port, 0)
    return this.#listen(port, accept)
  }

  async #listen(port: number, accept: (connection: Connection) => void): Promise<Listener> {
    const server = createServer({ allowHalfOpen: true })
    await new Promise<void>((resolve, reject) => {
      server.on('error', (error: NodeJS.ErrnoException) => {
        // Once it listens, a connection that could not be accepted (too many open files) is its dialler's to make again.
        if (server.listening) this.#options.log.warn('net.accept', { port, error: error.message })
        else reject(this.#portError(error, port))
      })
      server.listen({ host: this.#machine, port }, resolve)
    })
    this.#servers.add(server)
    const bound = (server.address() as { port: number }).port
    server.on('connection', (socket: Socket) => {
      const { remoteAddress, remotePort } = socket
      // It was reset before anybody looked.
      if (remoteAddress === undefined || remotePort === undefined) return
      accept(this.#connection(socket, bound, { host: this.#nameOf(remoteAddress), port: remotePort }))
    })
    return {
      port: bound,
      close: () => {
        if (this.#servers.delete(server)) this.#closing.push(new Promise((resolve) => server.close(() => resolve())))
      },
    }
  }

  connect(to: HostName, port: number, options: ConnectOptions = {}): Promise<Connection> {
    requirePort('connect(to, port)', port, 1)
    const host = this.#machineOf(to)
    const { timeout = defaultTimeout, signal } = options
    const what = `the connection to ${to}:${port}`
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return
      if (signal?.aborted) {
        reject(new NetError('aborted', `${what} was aborted by its caller`))
        return
      }
      // Of this host's own address, so that the other side can tell who it is.
      const own = this.#options.listen?.machine
      const socket = connect({ host, port, allowHalfOpen: true, ...(own !== undefined && isIP(own) && !isUnspecified(own) ? { localAddress: own } : {}) })
      const settle = (): void => {
        timer?.cancel()
        signal?.removeEventListener('abort', abort)
        socket.off('error', failed)
      }
      const fail = (code: NetErrorCode, why: string): void => {
        settle()
        socket.on('error', ignored)
        socket.destroy()
        if (!this.#isClosed) reject(new NetError(code, `${what} ${why}`))
      }
      const failed = (error: NodeJS.ErrnoException): void => {
        if (error.code === 'ECONNREFUSED') fail('refused', 'was refused: nobody listens there')
        else if (error.code === 'ECONNRESET') fail('reset', 'was reset by the other side')
        else fail(error.code === 'ETIMEDOUT' ? 'timeout' : 'unreachable', `could not be made: ${error.message}`)
      }
      const abort = (): void => fail('aborted', 'was aborted by its caller')
      const timer = timeout === Number.POSITIVE_INFINITY ? null : this.#options.clock.timer(timeout, () => fail('timeout', 'timed out: nothing answers'))
      signal?.addEventListener('abort', abort, { once: true })
      socket.on('error', failed)
      socket.on('connect', () => {
        settle()
        if (this.#isClosed) socket.destroy()
        else resolve(this.#connection(socket, socket.localPort as number, { host: to, port }))
      })
    })
  }

  datagrams(port: number): Promise<DatagramSocket> {
    requirePort('datagrams(port)', port, 0)
    return this.#datagrams(port)
  }

  async #datagrams(port: number): Promise<DatagramSocket> {
    const socket = createSocket(isIPv6(this.#machine) ? 'udp6' : 'udp4')
    await new Promise<void>((resolve, reject) => {
      const refused = (error: NodeJS.ErrnoException): void => {
        socket.close()
        reject(this.#portError(error, port))
      }
      socket.once('error', refused)
      socket.bind({ address: this.#machine, port, exclusive: true }, () => {
        socket.off('error', refused)
        resolve()
      })
    })
    const datagrams = new RealDatagrams(
      socket,
      socket.address().port,
      (host) => this.#machineOf(host),
      (machine) => this.#nameOf(machine),
      (closed) => this.#datagramSockets.delete(closed),
    )
    this.#datagramSockets.add(datagrams)
    return datagrams
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const socket of this.#datagramSockets) socket.close()
    for (const connection of this.#connections) connection.destroy()
    const servers = [...this.#servers].map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
    this.#servers.clear()
    await Promise.all([...servers, ...this.#closing])
  }

  get #machine(): string {
    return this.#options.listen?.machine ?? '0.0.0.0'
  }

  #connection(socket: Socket, port: number, remote: { host: HostName; port: number }): RealConnection {
    const connection = new RealConnection(socket, { host: this.#options.name, port }, remote)
    this.#connections.add(connection)
    socket.on('close', () => this.#connections.delete(connection))
    return connection
  }

  #machineOf(to: HostName): string {
    const { name, listen, addresses } = this.#options
    if (to === name) return listen === undefined || isUnspecified(listen.machine) ? '127.0.0.1' : listen.machine
    const address = addresses.get(to)
    if (address === undefined) throw new Misuse(`there is no host '${to}': this host knows ${[...addresses.keys()].join(', ') || 'no other'}`)
    return address.machine
  }

  #nameOf(machine: string): HostName {
    const plain = machine.startsWith('::ffff:') ? machine.slice(7) : machine
    return this.#names.get(plain) ?? plain
  }

  #portError(error: NodeJS.ErrnoException, port: number): unknown {
    return error.code === 'EADDRINUSE' ? new NetError('in-use', `port ${port} of ${this.#options.name} is in use`) : error
  }
}

const isUnspecified = (machine: string): boolean => machine === '0.0.0.0' || machine === '::'

/** The caller has been told already. */
function ignored(): void {}
