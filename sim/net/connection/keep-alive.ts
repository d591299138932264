import type { Nanos } from '../../host/seam.js'
import { keepAliveInterval, keepAliveLimit } from './connection-limits.js'

/** When to ask a silent peer for a sign of life, and when to give it up: as libuv sets the sockets of Node.js. */
export class KeepAlive {
  #idle: Nanos = Number.POSITIVE_INFINITY
  #heardAt: Nanos = 0
  #askedAt: Nanos = 0
  #unanswered = 0

  /** After how long a silence to ask; null: never. */
  set(idle: Nanos | null): void {
    this.#idle = idle ?? Number.POSITIVE_INFINITY
    this.#unanswered = 0
  }

  heard(now: Nanos): void {
    this.#heardAt = now
    this.#unanswered = 0
  }

  /** When to ask next, or to give up; infinity: never. */
  get deadline(): Nanos {
    return this.#unanswered === 0 ? this.#heardAt + this.#idle : this.#askedAt + keepAliveInterval
  }

  /** Its time has come. False: nobody answers. */
  ask(now: Nanos): boolean {
    if (this.#unanswered === keepAliveLimit) return false
    this.#unanswered++
    this.#askedAt = now
    return true
  }
}
