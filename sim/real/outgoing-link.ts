import { connect } from 'node:net'
import type { Clock, HostName, Log, Nanos, Random, Timer } from '../host/seam.js'
import type { OpenCalls } from './open-calls.js'
import { type PeerAddress, printAddress } from './peer-address.js'
import { longestBacklog, PeerStream } from './peer-stream.js'
import { encodeMessage, type WireMessage } from './wire.js'

/** What the links of one host share. */
export interface LinkContext {
  readonly cluster: string
  readonly from: HostName
  readonly calls: OpenCalls
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** A message on its way out; `id` is that of the call it opens. */
interface Outgoing {
  readonly bytes: Uint8Array
  readonly id: number | null
}

const millisecond = 1_000_000
const firstBackoff: Nanos = 20 * millisecond
const longestBackoff: Nanos = 1_000 * millisecond
const dialTimeout: Nanos = 3_000 * millisecond
const pingPeriod: Nanos = 5_000 * millisecond
/** Silence that a living peer does not keep, since pings are answered. */
const longestSilence: Nanos = 15_000 * millisecond

/**
 * The way from this host to one other: a TCP connection that is made when something is to be sent, and again when it broke, after a pause that doubles with
 * every attempt that failed. Requests and one-way messages leave in the order they were made. A request whose connection could not be made is `refused`
 * (or `unreachable`), it was certainly not handled; one that was under way when its connection broke is `reset`.
 */
export class OutgoingLink {
  readonly #context: LinkContext
  readonly #to: HostName
  readonly #address: PeerAddress
  #stream: PeerStream | null = null
  #dialling: { close(): void } | null = null
  #queued: Outgoing[] = []
  #queuedBytes = 0
  readonly #sent = new Set<number>()
  #failures = 0
  #retry: Timer | null = null
  #keepAlive: Timer | null = null
  #lastHeard: Nanos = 0
  #isClosed = false

  constructor(context: LinkContext, to: HostName, address: PeerAddress) {
    this.#context = context
    this.#to = to
    this.#address = address
  }

  /** `id`: of the call that the message opens, null when there is none. */
  send(bytes: Uint8Array, id: number | null): void {
    if (this.#isClosed) return
    const backlog = this.#queuedBytes + (this.#stream?.backlog ?? 0)
    if (backlog + bytes.length > longestBacklog) {
      this.#context.log.warn('net.backlog', { to: this.#to, bytes: backlog })
      if (id !== null) this.#context.calls.fail(id, 'unreachable', `was not sent: ${backlog} bytes wait to be sent there`)
      return
    }
    if (this.#stream !== null) {
      this.#write(this.#stream, { bytes, id })
      return
    }
    this.#queued.push({ bytes, id })
    this.#queuedBytes += bytes.length
    if (this.#dialling === null && this.#retry === null) this.#dial()
  }

  /** Settles once what was sent over its connection is the machine's to deliver. */
  async flush(): Promise<void> {
    await this.#stream?.flush()
  }

  close(): void {
    this.#isClosed = true
    this.#retry?.cancel()
    this.#keepAlive?.cancel()
    this.#dialling?.close()
    this.#stream?.close()
  }

  #write(stream: PeerStream, { bytes, id }: Outgoing): void {
    if (id !== null) this.#sent.add(id)
    stream.writeEncoded(bytes)
  }

  #dial(): void {
    const { machine, port } = this.#address
    const socket = connect({ host: machine, port })
    let failure = ''
    let code: string | undefined
    const late = this.#context.clock.timer(dialTimeout, () => socket.destroy(new Error(`${printAddress(this.#address)} does not answer`)))
    const failed = (error: NodeJS.ErrnoException): void => {
      failure = error.message
      code = error.code
    }
    const ended = (): void => {
      late.cancel()
      this.#dialling = null
      if (!this.#isClosed) this.#notReached(code === 'ECONNREFUSED' ? 'refused' : 'unreachable', failure)
    }
    socket.on('error', failed)
    socket.on('close', ended)
    socket.on('connect', () => {
      late.cancel()
      socket.off('error', failed)
      socket.off('close', ended)
      this.#dialling = null
      const stream = new PeerStream(
        socket,
        (message) => this.#receive(message),
        (why) => this.#broke(stream, why),
      )
      this.#up(stream)
    })
    this.#dialling = { close: () => socket.destroy() }
  }

  #up(stream: PeerStream): void {
    const { clock, cluster, from } = this.#context
    this.#stream = stream
    this.#failures = 0
    this.#lastHeard = clock.monotonic()
    stream.write({ kind: 'hello', cluster, from })
    const queued = this.#queued
    this.#queued = []
    this.#queuedBytes = 0
    for (const outgoing of queued) this.#write(stream, outgoing)
    this.#keepAlive = clock.every(pingPeriod, () => {
      if (clock.monotonic() - this.#lastHeard > longestSilence) stream.close()
      else stream.writeEncoded(ping)
    })
  }

  #receive(message: WireMessage): void {
    this.#lastHeard = this.#context.clock.monotonic()
    if (message.kind === 'answer' || message.kind === 'error' || message.kind === 'refusal') {
      this.#sent.delete(message.id)
      this.#context.calls.receive(message)
    }
  }

  #notReached(code: 'refused' | 'unreachable', failure: string): void {
    const { clock, random, calls } = this.#context
    this.#failures++
    const longest = Math.min(longestBackoff, firstBackoff * 2 ** Math.min(this.#failures - 1, 16))
    // Between half of it and all, so that hosts which lost the same peer do not come back to it together.
    this.#retry = clock.timer(longest - random.int(Math.floor(longest / 2)), () => {
      this.#retry = null
      if (this.#queued.length > 0) this.#dial()
    })
    const queued = this.#queued
    this.#queued = []
    this.#queuedBytes = 0
    const why = code === 'refused' ? 'was refused: no process listens there' : `was not sent: ${failure}`
    for (const { id } of queued) if (id !== null) calls.fail(id, code, why)
  }

  #broke(stream: PeerStream, why: string): void {
    if (this.#stream !== stream) return
    this.#stream = null
    this.#keepAlive?.cancel()
    if (this.#isClosed) return
    this.#context.log.debug('net.broke', { to: this.#to, why })
    const sent = [...this.#sent]
    this.#sent.clear()
    for (const id of sent) this.#context.calls.fail(id, 'reset', `was reset: ${why}`)
  }
}

const ping = encodeMessage({ kind: 'ping' })
