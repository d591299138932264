import { Misuse, NetError, type NetErrorCode } from '../../host/errors.js'
import type { Address, Connection, Nanos } from '../../host/seam.js'
import type { Kernel } from '../../kernel/kernel.js'
import type { SocketLife } from '../socket-life.js'
import type { ConnectionEnd } from './connection-end.js'
import { sendCapacity } from './connection-limits.js'
import type { ConnectionOwner } from './connection-stack.js'

/** A connection as its process holds it: promises on top of an end. */
export class SimulatedConnection implements Connection, ConnectionOwner {
  readonly #life: SocketLife
  readonly #end: ConnectionEnd
  readonly #kernel: Kernel
  /** Why nothing more can be asked of it; null while something can. */
  #failure: NetErrorCode | null = null
  #isEnded = false
  /** Faults that hold back what came, told of it whenever they do. */
  readonly #stalls: (() => void)[] = []
  readonly #reads: Waiting<Uint8Array | null>[] = []
  readonly #writes: Waiting<void>[] = []
  readonly #room = Promise.resolve()

  constructor(
    life: SocketLife,
    end: ConnectionEnd,
    kernel: Kernel,
    readonly local: Address,
    readonly remote: Address,
  ) {
    this.#life = life
    this.#end = end
    this.#kernel = kernel
  }

  /** What it waits for, for a report. */
  get waitsFor(): string | null {
    if (this.#reads.length > 0) return `bytes from ${this.remote.host}:${this.remote.port}`
    return this.#writes.length > 0 ? `room to write to ${this.remote.host}:${this.remote.port}` : null
  }

  read(): Promise<Uint8Array | null> {
    if (!this.#life.effect()) return never()
    if (this.#isHeldBack()) return new Promise((resolve, reject) => this.#reads.push({ offset: 0, resolve, reject }))
    if (this.#reads.length === 0) {
      const piece = this.#failure === 'closed' ? null : this.#end.take()
      if (piece !== null) return Promise.resolve(piece)
      if (this.#failure !== null && !(this.#failure === 'reset' && this.#end.receiving.isComplete)) return Promise.reject(this.#error(this.#failure))
      if (this.#end.receiving.isComplete) return Promise.resolve(null)
    }
    return new Promise((resolve, reject) => this.#reads.push({ offset: 0, resolve, reject }))
  }

  write(bytes: Uint8Array): Promise<void> {
    if (!(bytes instanceof Uint8Array)) throw new Misuse('connection.write(bytes) takes a Uint8Array')
    if (!this.#life.effect()) return never()
    const failure = this.#failure ?? (this.#isEnded ? 'closed' : null)
    if (failure !== null) return Promise.reject(this.#error(failure))
    const { sending } = this.#end
    this.#kernel.fold(sending.append(bytes))
    this.#end.push()
    if (sending.written - this.#end.acknowledged <= sendCapacity) return this.#room
    return new Promise((resolve, reject) => this.#writes.push({ offset: sending.written, resolve, reject }))
  }

  end(): void {
    if (!this.#life.effect() || this.#isEnded || this.#failure !== null) return
    this.#isEnded = true
    this.#end.end()
  }

  close(): void {
    if (this.#failure === 'closed' || !this.#life.effect()) return
    this.#end.leave()
    this.failed('closed')
  }

  keepAlive(idle: Nanos | null): void {
    if (idle !== null && (!Number.isSafeInteger(idle) || idle <= 0))
      throw new Misuse(`connection.keepAlive(idle) takes a positive integer of nanoseconds or null, not ${idle}`)
    if (this.#life.effect()) this.#end.keepAlive(idle)
  }

  /** The process is given nothing from now on, though it comes; `held` is told of each time. Answers how to give it all. */
  stall(held: () => void): () => void {
    this.#stalls.push(held)
    return () => {
      this.#stalls.splice(this.#stalls.indexOf(held), 1)
      this.readable()
    }
  }

  #isHeldBack(): boolean {
    if (this.#stalls.length === 0 || this.#failure !== null) return false
    if (this.#end.receiving.unread > 0 || this.#end.receiving.isComplete) for (const held of this.#stalls) held()
    return true
  }

  // ---------------------------------------------------------------- ConnectionOwner

  opened(): void {}

  readable(): void {
    if (this.#isHeldBack()) return
    const reads = this.#reads
    while (reads.length > 0) {
      const piece = this.#end.take()
      if (piece === null && !this.#end.receiving.isComplete) return
      ;(reads.shift() as Waiting<Uint8Array | null>).resolve(piece)
    }
  }

  writable(): void {
    const writes = this.#writes
    const room = this.#end.acknowledged + sendCapacity
    while (writes.length > 0 && (writes[0] as Waiting<void>).offset <= room) (writes.shift() as Waiting<void>).resolve()
  }

  failed(code: NetErrorCode): void {
    this.#failure = code
    const { receiving } = this.#end
    const waiting = [...this.#reads.splice(0), ...this.#writes.splice(0)]
    if (code === 'closed') receiving.discard()
    for (const { reject } of waiting) reject(this.#error(code))
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
  /** Of a write: where it ends in the stream. */
  readonly offset: number
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

/** Nothing that a dead process was promised ever settles. */
function never(): Promise<never> {
  return new Promise(() => {})
}
