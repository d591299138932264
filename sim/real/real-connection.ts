import type { Socket } from 'node:net'
import { Misuse, NetError, type NetErrorCode } from '../host/errors.js'
import type { Address, Connection, Nanos } from '../host/seam.js'

/** Bytes read ahead of the process before the other side is held up. */
const receiveRoom = 64 * 1024

/** A TCP connection of the machine. */
export class RealConnection implements Connection {
  readonly #socket: Socket
  /** Read, and not taken by the process yet. */
  readonly #pieces: Uint8Array[] = []
  #held = 0
  #isEndRead = false
  /** Why nothing more can be asked of it; null while something can. */
  #failure: NetErrorCode | null = null
  #isEnded = false
  readonly #reads: Waiting<Uint8Array | null>[] = []
  readonly #writes: Waiting<void>[] = []

  /** `socket` is established and allows half-open connections. */
  constructor(
    socket: Socket,
    readonly local: Address,
    readonly remote: Address,
  ) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (piece: Uint8Array) => this.#take(piece))
    socket.on('end', () => {
      this.#isEndRead = true
      this.#serve()
    })
    socket.on('drain', () => {
      for (const { resolve } of this.#writes.splice(0)) resolve()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(error.code === 'ETIMEDOUT' ? 'timeout' : 'reset'))
    socket.on('close', () => this.#fail('reset'))
  }

  read(): Promise<Uint8Array | null> {
    if (this.#reads.length === 0) {
      const piece = this.#next()
      if (piece !== null) return Promise.resolve(piece)
      if (this.#failure !== null && !(this.#failure === 'reset' && this.#isEndRead)) return Promise.reject(this.#error(this.#failure))
      if (this.#isEndRead) return Promise.resolve(null)
    }
    return new Promise((resolve, reject) => this.#reads.push({ resolve, reject }))
  }

  write(bytes: Uint8Array): Promise<void> {
    if (!(bytes instanceof Uint8Array)) throw new Misuse('connection.write(bytes) takes a Uint8Array')
    const failure = this.#failure ?? (this.#isEnded ? 'closed' : null)
    if (failure !== null) return Promise.reject(this.#error(failure))
    if (bytes.length === 0 || this.#socket.write(bytes.slice())) return Promise.resolve()
    return new Promise((resolve, reject) => this.#writes.push({ resolve, reject }))
  }

  end(): void {
    if (this.#isEnded || this.#failure !== null) return
    this.#isEnded = true
    this.#socket.end()
  }

  close(): void {
    if (this.#failure === 'closed') return
    const isUnread = this.#held > 0
    this.#fail('closed')
    if (isUnread) this.#socket.resetAndDestroy()
    else this.#socket.destroySoon()
  }

  keepAlive(idle: Nanos | null): void {
    if (idle !== null && (!Number.isSafeInteger(idle) || idle <= 0))
      throw new Misuse(`connection.keepAlive(idle) takes a positive integer of nanoseconds or null, not ${idle}`)
    // Node.js asks every second from then on and gives up after ten; the machine knows whole seconds only.
    if (idle === null) this.#socket.setKeepAlive(false)
    else this.#socket.setKeepAlive(true, Math.ceil(idle / 1_000_000_000) * 1_000)
  }

  /** As the machine does when the process dies. */
  destroy(): void {
    this.#socket.destroy()
  }

  #take(piece: Uint8Array): void {
    // The bytes are the process's own from here on: a view of Node's pool would not be.
    this.#pieces.push(piece.slice())
    this.#held += piece.length
    this.#serve()
    if (this.#held >= receiveRoom) this.#socket.pause()
  }

  #serve(): void {
    const reads = this.#reads
    while (reads.length > 0) {
      const piece = this.#next()
      if (piece === null && !this.#isEndRead) return
      ;(reads.shift() as Waiting<Uint8Array | null>).resolve(piece)
    }
  }

  /** All that was read so far, in one piece. */
  #next(): Uint8Array | null {
    const [first] = this.#pieces
    if (first === undefined) return null
    let piece = first
    if (this.#pieces.length > 1) {
      piece = new Uint8Array(this.#held)
      let at = 0
      for (const part of this.#pieces) {
        piece.set(part, at)
        at += part.length
      }
    }
    this.#pieces.length = 0
    this.#held = 0
    if (this.#socket.isPaused()) this.#socket.resume()
    return piece
  }

  #fail(code: NetErrorCode): void {
    if (this.#failure !== null && code !== 'closed') return
    this.#failure = code
    if (code === 'closed') {
      this.#pieces.length = 0
      this.#held = 0
    } else this.#serve()
    for (const { reject } of [...this.#reads.splice(0), ...this.#writes.splice(0)]) reject(this.#error(code))
  }

  #error(code: NetErrorCode): NetError {
    const what = `the connection to ${this.remote.host}:${this.remote.port}`
    switch (code) {
      case 'reset':
        return new NetError(code, `${what} was reset by the other side`)
      case 'timeout':
        return new NetError(code, `${what} timed out: nothing came back`)
      default:
        return new NetError(code, this.#failure === null ? `${what} was ended by this side: nothing more can be written` : `${what} is closed`)
    }
  }
}

interface Waiting<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}
