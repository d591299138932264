import type { RemoteInfo, Socket } from 'node:dgram'
import { Misuse, NetError } from '../host/errors.js'
import type { Datagram, DatagramSocket, HostName } from '../host/seam.js'
import { requirePort } from '../net/socket-table.js'

/** The largest payload of UDP over IPv4, in bytes. */
const largest = 65_507
/** Bytes that wait for a process that does not read; what arrives beyond them is lost, as it is in a kernel's full buffer. */
const longestQueueBytes = 212_992

/** A UDP socket of the machine. */
export class RealDatagrams implements DatagramSocket {
  readonly #socket: Socket
  readonly #machineOf: (host: HostName) => string
  readonly #closed: (socket: RealDatagrams) => void
  readonly #queue: Datagram[] = []
  #queuedBytes = 0
  readonly #receivers: { readonly resolve: (datagram: Datagram) => void; readonly reject: (error: unknown) => void }[] = []
  #isClosed = false

  /** `machineOf` throws `Misuse` for a host that nobody knows; `nameOf` is that of an address. */
  constructor(
    socket: Socket,
    readonly port: number,
    machineOf: (host: HostName) => string,
    nameOf: (machine: string) => HostName,
    closed: (socket: RealDatagrams) => void,
  ) {
    this.#socket = socket
    this.#machineOf = machineOf
    this.#closed = closed
    socket.on('message', (bytes: Uint8Array, sender: RemoteInfo) => this.#arrived({ from: nameOf(sender.address), port: sender.port, bytes: bytes.slice() }))
    // What the machine says of a datagram's fate is no more than that it was lost.
    socket.on('error', lost)
  }

  send(to: HostName, port: number, bytes: Uint8Array): void {
    requirePort('send(to, port, bytes)', port, 1)
    if (!(bytes instanceof Uint8Array)) throw new Misuse('send(to, port, bytes) takes a Uint8Array')
    const machine = this.#machineOf(to)
    if (this.#isClosed) throw this.#closedError()
    if (bytes.length > largest) throw new NetError('too-large', `a datagram of ${bytes.length} bytes to ${to}:${port}: at most ${largest}`)
    this.#socket.send(bytes.slice(), port, machine, lost)
  }

  receive(): Promise<Datagram> {
    if (this.#isClosed) return Promise.reject(this.#closedError())
    const next = this.#queue.shift()
    if (next === undefined) return new Promise((resolve, reject) => this.#receivers.push({ resolve, reject }))
    this.#queuedBytes -= next.bytes.length
    return Promise.resolve(next)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#queue.length = 0
    for (const { reject } of this.#receivers.splice(0)) reject(this.#closedError())
    this.#socket.close(() => this.#closed(this))
  }

  #arrived(datagram: Datagram): void {
    const receiver = this.#receivers.shift()
    if (receiver !== undefined) receiver.resolve(datagram)
    else if (this.#queuedBytes + datagram.bytes.length <= longestQueueBytes) {
      this.#queue.push(datagram)
      this.#queuedBytes += datagram.bytes.length
    }
  }

  #closedError(): NetError {
    return new NetError('closed', `the datagram socket on port ${this.port} is closed`)
  }
}

function lost(): void {}
