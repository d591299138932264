import type { Socket } from 'node:net'
import type { HostName, Log } from '../host/seam.js'
import type { OpenCalls } from './open-calls.js'
import { longestBacklog, PeerStream } from './peer-stream.js'
import type { Services } from './services.js'
import { encodeMessage, longestMessage, type WireMessage } from './wire.js'

/** What the peers of one host share. */
export interface PeerContext {
  readonly cluster: string
  readonly services: Services
  readonly calls: OpenCalls
  readonly log: Log
}

/** Silence after which a peer is gone: it sends pings far more often. */
const longestSilenceMillis = 60_000

/** A connection that another host made to this one: it says who it is, then sends requests and one-way messages, which are handled in their order. */
export class IncomingPeer {
  readonly #stream: PeerStream
  readonly #context: PeerContext
  #from: HostName | null = null

  constructor(socket: Socket, context: PeerContext, closed: (peer: IncomingPeer) => void) {
    this.#context = context
    socket.setTimeout(longestSilenceMillis, () => socket.destroy())
    this.#stream = new PeerStream(
      socket,
      (message) => this.#receive(message),
      () => closed(this),
    )
  }

  /** Settles once its answers are the machine's to deliver. */
  flush(): Promise<void> {
    return this.#stream.flush()
  }

  close(): void {
    this.#stream.close()
  }

  #receive(message: WireMessage): void {
    if (this.#from === null) {
      if (message.kind === 'hello' && message.cluster === this.#context.cluster) this.#from = message.from
      else this.#refuse(message)
      return
    }
    switch (message.kind) {
      case 'request':
      case 'one-way':
        this.#context.services.handle(message, this.#from, (reply) => this.#answer(reply))
        break
      case 'ping':
        this.#stream.write({ kind: 'pong' })
        break
      case 'answer':
      case 'error':
        // To a datagram's request, too long for a datagram.
        this.#context.calls.receive(message)
        break
      default:
        this.#refuse(message)
    }
  }

  #answer(reply: WireMessage): void {
    if (this.#stream.backlog > longestBacklog) {
      this.#context.log.warn('net.backlog', { to: this.#from, bytes: this.#stream.backlog })
      this.#stream.close()
      return
    }
    const bytes = encodeMessage(reply)
    if (bytes.length <= longestMessage) this.#stream.writeEncoded(bytes)
    else if (reply.kind === 'answer')
      this.#stream.write({ kind: 'error', id: reply.id, message: `the answer is longer than ${longestMessage} bytes`, code: 'too-large' })
  }

  #refuse(message: WireMessage): void {
    const why = message.kind === 'hello' ? `it is of '${message.cluster}', this host of '${this.#context.cluster}'` : `a ${message.kind} has no place there`
    this.#context.log.warn('net.stranger', { why })
    this.#stream.close()
  }
}
