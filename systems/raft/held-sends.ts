import type { MemberId, RaftMessage } from './messages.js'

/**
 * Messages that wait until what they vouch for is durable. Bounded: beyond the limit the oldest is dropped, which any message may be on its way.
 */
export class HeldSends {
  readonly #limit: number
  #held: HeldSend[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  hold(to: MemberId, message: RaftMessage, after: number): void {
    if (this.#held.length >= this.#limit) this.#held.shift()
    this.#held.push({ to, message, after })
  }

  /** Sends, in order, what waited for `token` or an earlier save. */
  release(token: number, send: (to: MemberId, message: RaftMessage) => void): void {
    const held = this.#held
    if (held.length === 0) return
    let kept = 0
    for (let i = 0; i < held.length; i++) {
      const each = held[i] as HeldSend
      if (each.after <= token) send(each.to, each.message)
      else held[kept++] = each
    }
    if (kept === 0) this.#held = []
    else if (kept < held.length) held.length = kept
  }
}

interface HeldSend {
  readonly to: MemberId
  readonly message: RaftMessage
  readonly after: number
}
