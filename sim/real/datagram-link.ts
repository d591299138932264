import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { Packr } from 'msgpackr'
import type { HostName, Log } from '../host/seam.js'
import type { OpenCalls } from './open-calls.js'
import type { PeerAddress } from './peer-address.js'
import type { Services } from './services.js'
import { decodeMessage, encodeMessage, type WireMessage } from './wire.js'

/**
 * So much of an encoded message goes into one datagram, in bytes: with its headers it fits the 1,500 of an Ethernet frame, so that no router cuts it up.
 * Longer messages of a `datagram` protocol take the TCP connection to their host.
 */
export const longestDatagram = 1_400

/** An answer that can take no TCP connection, since its caller listens nowhere, may be cut up on its way. */
const longestAnswer = 60_000

/** Messages of `datagram` protocols as UDP datagrams: each says its cluster and its sender, and is lost when nobody can read it. */
export class DatagramLink {
  readonly #socket: Socket
  readonly #cluster: string
  readonly #from: HostName
  readonly #services: Services
  readonly #calls: OpenCalls
  readonly #log: Log
  /** Answers too long for a datagram; false: there is no other way. */
  readonly #answerElsewhere: (to: HostName, message: WireMessage) => boolean
  #isClosed = false

  private constructor(socket: Socket, options: DatagramLinkOptions) {
    this.#socket = socket
    this.#cluster = options.cluster
    this.#from = options.from
    this.#services = options.services
    this.#calls = options.calls
    this.#log = options.log
    this.#answerElsewhere = options.answerElsewhere
    socket.on('message', (bytes: Uint8Array, { address, port }: RemoteInfo) => this.#receive(bytes, { machine: address, port }))
    socket.on('error', (error) => this.#log.warn('net.datagrams', { error: error.message }))
  }

  /** Bound to the address of the typed protocols; to any port where the host has none. */
  static async open(options: DatagramLinkOptions): Promise<DatagramLink> {
    const { listen } = options
    const socket = createSocket(listen !== undefined && isIPv6(listen.machine) ? 'udp6' : 'udp4')
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      const bound = () => {
        socket.off('error', reject)
        resolve()
      }
      if (listen === undefined) socket.bind(bound)
      else socket.bind(listen.port, listen.machine, bound)
    })
    return new DatagramLink(socket, options)
  }

  send(to: PeerAddress, bytes: Uint8Array): void {
    // Where it cannot be sent it is lost, as a datagram may be.
    if (!this.#isClosed) this.#socket.send(envelope.pack([this.#cluster, this.#from, bytes]), to.port, to.machine, lost)
  }

  close(): Promise<void> {
    this.#isClosed = true
    return new Promise((resolve) => this.#socket.close(resolve))
  }

  #receive(bytes: Uint8Array, sender: PeerAddress): void {
    const opened = openEnvelope(bytes)
    if (opened === null || opened.cluster !== this.#cluster) return
    const message = decodeMessage(opened.bytes)
    if (message === null) return
    if (message.kind === 'request' || message.kind === 'one-way')
      this.#services.handle(message, opened.from, (reply) => this.#answer(reply, opened.from, sender))
    else this.#calls.receive(message)
  }

  #answer(reply: WireMessage, to: HostName, sender: PeerAddress): void {
    // An unserved datagram is lost, and nobody says so.
    if (reply.kind === 'refusal') return
    const bytes = encodeMessage(reply)
    if (bytes.length > longestDatagram && this.#answerElsewhere(to, reply)) return
    if (bytes.length <= longestAnswer) this.send(sender, bytes)
    else this.#log.warn('net.answer-too-large', { to, bytes: bytes.length })
  }
}

export interface DatagramLinkOptions {
  readonly cluster: string
  readonly from: HostName
  readonly listen: PeerAddress | undefined
  readonly services: Services
  readonly calls: OpenCalls
  readonly log: Log
  readonly answerElsewhere: (to: HostName, message: WireMessage) => boolean
}

const envelope = new Packr({ useRecords: false })

function openEnvelope(datagram: Uint8Array): { cluster: string; from: HostName; bytes: Uint8Array } | null {
  let fields: unknown
  try {
    fields = envelope.unpack(datagram)
  } catch {
    // Anybody can send anything to an open port.
    return null
  }
  if (!Array.isArray(fields)) return null
  const [cluster, from, bytes] = fields as unknown[]
  return typeof cluster === 'string' && typeof from === 'string' && bytes instanceof Uint8Array ? { cluster, from, bytes } : null
}

function lost(): void {}
