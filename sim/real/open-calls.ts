import { randomInt } from 'node:crypto'
import { NetError, RemoteError } from '../host/errors.js'
import type { CallOptions, Clock, HostName, Timer } from '../host/seam.js'
import type { WireMessage } from './wire.js'

/** What a call is about, for its errors. */
export interface CallSubject {
  /** `store.put` */
  readonly what: string
  readonly to: HostName
  /** Only a stream protocol's calls learn of refusals and resets. */
  readonly isStream: boolean
}

interface OpenCall extends CallSubject {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  timer: Timer | null
  unlisten: (() => void) | null
}

/** Five seconds, in nanoseconds. */
const defaultTimeout = 5_000_000_000

/** The calls of one host that wait for their answers. */
export class OpenCalls {
  readonly #clock: Clock
  readonly #calls = new Map<number, OpenCall>()
  /** A late answer to an earlier life of this host is nobody's. */
  #next = randomInt(2 ** 47)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get count(): number {
    return this.#calls.size
  }

  /** Answers the call's id; null when it was over before it began. */
  open(subject: CallSubject, options: CallOptions, resolve: (value: never) => void, reject: (error: unknown) => void): number | null {
    const { timeout = defaultTimeout, signal } = options
    const id = this.#next++
    const call: OpenCall = { ...subject, resolve: resolve as (value: unknown) => void, reject, timer: null, unlisten: null }
    const { what, to } = subject
    if (timeout !== Number.POSITIVE_INFINITY) {
      const late = () => this.#settle(id, new NetError('timeout', `${what} to ${to} timed out: it may or may not have been handled`), undefined)
      call.timer = this.#clock.timer(timeout, late)
    }
    this.#calls.set(id, call)
    if (signal === undefined) return id
    const abort = () => this.#settle(id, new NetError('aborted', `${what} to ${to} was aborted by its caller`), undefined)
    if (signal.aborted) {
      abort()
      return null
    }
    signal.addEventListener('abort', abort, { once: true })
    call.unlisten = () => signal.removeEventListener('abort', abort)
    return id
  }

  /** An answer, an error or a refusal came in. */
  receive(message: WireMessage): void {
    switch (message.kind) {
      case 'answer':
        this.#settle(message.id, null, message.value)
        break
      case 'error':
        this.#settle(message.id, new RemoteError(message.message, message.code), undefined)
        break
      case 'refusal':
        this.fail(message.id, 'refused', 'refused: nobody serves it there')
        break
    }
  }

  /** The way to the other side failed. A datagram's sender does not learn of it. */
  fail(id: number, code: 'refused' | 'reset' | 'unreachable', why: string): void {
    const call = this.#calls.get(id)
    if (call?.isStream) this.#settle(id, new NetError(code, `${call.what} to ${call.to} ${why}`), undefined)
  }

  /** None of them settles any more. */
  drop(): void {
    for (const call of this.#calls.values()) {
      call.timer?.cancel()
      call.unlisten?.()
    }
    this.#calls.clear()
  }

  #settle(id: number, error: Error | null, value: unknown): void {
    const call = this.#calls.get(id)
    if (call === undefined) return
    this.#calls.delete(id)
    call.timer?.cancel()
    call.unlisten?.()
    if (error === null) call.resolve(value)
    else call.reject(error)
  }
}
