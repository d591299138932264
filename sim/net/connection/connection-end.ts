import type { NetErrorCode } from '../../host/errors.js'
import type { Nanos } from '../../host/seam.js'
import type { EventLife, KernelEvent } from '../../kernel/event.js'
import { mix } from '../../kernel/mix.js'
import type { Link } from '../link.js'
import {
  carefulWindow,
  fullSegment,
  largestSegment,
  lingerLimit,
  mostDoublings,
  receiveCapacity,
  retransmissionLimit,
  sendCapacity,
} from './connection-limits.js'
import type { ConnectionPair } from './connection-pair.js'
import type { ConnectionOwner, ConnectionStack } from './connection-stack.js'
import { KeepAlive } from './keep-alive.js'
import { ReceiveBuffer } from './receive-buffer.js'
import { RoundTrip } from './round-trip.js'
import { fin, probe, rst, Segment, syn } from './segment.js'
import { SendBuffer } from './send-buffer.js'

/**
 * One end of a connection as the machine's kernel keeps it: TCP (RFC 9293) over links that lose, repeat and reorder.
 *
 * Modelled: handshake, cumulative acknowledgement, retransmission with exponential backoff (RFC 6298) and its giving up, receive windows with probes of closed
 * ones, Nagle's algorithm, fast retransmission, half-close, reset, keep-alive. It outlives its process, as a kernel's socket does.
 * Not modelled: delayed and selective acknowledgement, congestion control beyond a careful restart after a loss, urgent data.
 */
export class ConnectionEnd {
  readonly sending = new SendBuffer()
  readonly receiving = new ReceiveBuffer()
  pair!: ConnectionPair
  owner: ConnectionOwner | null = null
  /** All before it was acknowledged by the other side. */
  acknowledged = 0
  #state: 'dialling' | 'accepting' | 'open' | 'finished' | 'gone' = 'dialling'
  /** Next offset to send; it goes back when something is sent again. */
  #next = 0
  #sentUpTo = 0
  /** How far the other side lets us send. */
  #edge = 0
  /** How far we let it. */
  #advertised = receiveCapacity
  #congestion = Number.POSITIVE_INFINITY
  #repeats = 0
  #isEnding = false
  /** The process reads no more: what still comes is answered by a reset. */
  #isDeaf = false
  #isAnswerDue = false
  readonly #roundTrip = new RoundTrip()
  /** Since when an answer is awaited; -1: none is. */
  #waitingSince: Nanos = -1
  #unanswered = 0
  #doublings = 0
  readonly #keepAlive = new KeepAlive()
  #lingerUntil: Nanos = Number.POSITIVE_INFINITY
  #timer: KernelEvent | null = null
  #timerAt: Nanos = Number.POSITIVE_INFINITY

  constructor(
    readonly stack: ConnectionStack,
    /** Its way to the other side. */
    readonly link: Link,
    readonly isDialler: boolean,
    /** The process that it belongs to; null once that has left it. */
    public life: EventLife | null,
  ) {}

  get isGone(): boolean {
    return this.#state === 'gone' || this.#state === 'finished'
  }
  get isOpen(): boolean {
    return this.#state === 'open'
  }
  /** Every segment was answered, and both sides ended: what comes late is acknowledged once more. */
  get isFinished(): boolean {
    return this.#state === 'finished'
  }

  // ---------------------------------------------------------------- what the process asks

  dial(): void {
    this.#roundTrip.sent(0, this.stack.now)
    this.#transmit(syn, 0, nothing)
    this.#await()
  }

  accept(segment: Segment): void {
    this.#state = 'accepting'
    this.#edge = segment.window
    this.#roundTrip.sent(0, this.stack.now)
    this.#transmit(syn, 0, nothing)
    this.#await()
  }

  /** Sends what there is to send and may be sent. */
  push(): void {
    if (this.#state !== 'open') return
    const { sending } = this
    const { written } = sending
    const limit = Math.min(this.#edge, this.acknowledged + this.#congestion)
    let isRest = false
    while (this.#next < written) {
      const left = written - this.#next
      const room = limit - this.#next
      if (room <= 0) break
      const most = Math.min(left, room, largestSegment)
      // Short segments wait for the answer to those under way; a closed window that opens by little does as well.
      if (most < fullSegment && this.#next > this.acknowledged && !isRest && !(this.#isEnding && most === left)) break
      const die = this.#die()
      // Now and then the network cuts where no writer would: a reader must not take a piece for a message.
      const isCut = (die & 7) === 0 && most > 1 && !isRest
      const view = sending.view(this.#next, isCut ? 1 + ((die >>> 3) % Math.min(most - 1, fullSegment)) : most)
      isRest = view.length < most
      this.#send(view, this.#isEnding && view.length === left ? fin : 0)
    }
    if (this.#isEnding && this.#next === written) this.#send(nothing, fin)
    if (this.#next > this.acknowledged || this.#next < written) {
      if (this.#waitingSince < 0) this.#await()
    } else this.#waitingSince = -1
  }

  /** No more will be written. */
  end(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.push()
  }

  /** The process is done with it, or dead: what was written (as far as there was room for it) goes out; bytes that nobody will read are a reset. */
  leave(): void {
    this.life = null
    this.owner = null
    if (this.isGone) return
    if (this.#state !== 'open') {
      this.#over('gone')
      return
    }
    if (this.receiving.unread > 0) {
      this.reset()
      return
    }
    this.#isDeaf = true
    this.sending.cut(this.acknowledged + sendCapacity)
    this.#lingerUntil = this.stack.now + lingerLimit
    this.end()
    this.#arm()
  }

  /** Both sides are over at once, whatever was on its way. */
  reset(): void {
    this.#transmit(rst, this.#next, nothing)
    this.#over('gone')
  }

  /** The other side missed the last answer. */
  answerLate(): void {
    this.#acknowledge()
  }

  /** The machine lost power, or the connection was never opened: nobody is told. */
  forget(): void {
    if (!this.isGone) this.#over('gone')
  }

  /** A piece of what came, or null when there is none now. */
  take(): Uint8Array | null {
    const piece = this.receiving.take()
    if (piece !== null && this.isOpen && !this.receiving.isComplete) {
      const opened = this.receiving.next + receiveCapacity - this.receiving.unread - this.#advertised
      // A window is not opened byte by byte (RFC 9293, 3.8.6.2.2).
      if (opened >= receiveCapacity / 2) this.#acknowledge()
    }
    return piece
  }

  keepAlive(idle: Nanos | null): void {
    this.#keepAlive.set(idle)
    this.#arm()
  }

  // ---------------------------------------------------------------- what comes

  arrived(segment: Segment): void {
    this.#keepAlive.heard(this.stack.now)
    if (segment.isCorrupt) {
      this.#transmit(rst, this.#next, nothing)
      this.fail('reset')
      return
    }
    if ((segment.flags & rst) !== 0) {
      this.fail(this.#state === 'dialling' ? 'refused' : 'reset')
      return
    }
    if ((segment.flags & syn) !== 0) {
      this.#synchronise(segment)
      return
    }
    if (this.#state === 'accepting') this.#open()
    if (this.#state !== 'open') return
    this.#takeAcknowledgement(segment)
    this.#takeBytes(segment)
    if (this.#state !== 'open') return
    this.push()
    if (this.#isAnswerDue) this.#acknowledge()
    if (this.#isEnding && this.acknowledged > this.sending.written && this.receiving.isComplete) this.#over('finished')
    else this.#arm()
  }

  /** The connection is broken: this end says so from now on. */
  fail(code: NetErrorCode): void {
    if (this.isGone) return
    const { owner } = this
    this.#over('gone')
    owner?.failed(code)
  }

  #synchronise(segment: Segment): void {
    if (this.#state === 'accepting') this.#transmit(syn, 0, nothing)
    else if (this.#state === 'dialling') {
      this.#edge = segment.window
      this.#open()
      this.#acknowledge()
    } else this.#acknowledge()
  }

  #open(): void {
    this.#state = 'open'
    this.#roundTrip.answered(0, this.stack.now)
    this.#waitingSince = -1
    this.#unanswered = 0
    this.#doublings = 0
    this.owner?.opened()
  }

  #takeAcknowledgement(segment: Segment): void {
    const { acknowledged, window } = segment
    const before = this.acknowledged
    if (acknowledged > this.#sentUpTo || acknowledged < before) return
    const isMore = acknowledged + window > this.#edge
    if (isMore) this.#edge = acknowledged + window
    if (acknowledged > before) {
      this.acknowledged = acknowledged
      if (this.#next < acknowledged) this.#next = acknowledged
      this.#roundTrip.answered(acknowledged, this.stack.now)
      this.#congestion += acknowledged - before
      this.#repeats = 0
      this.#doublings = 0
      this.sending.release(Math.min(acknowledged, this.sending.written))
      this.#waitingSince = this.#next > acknowledged ? this.stack.now : -1
      this.owner?.writable()
      this.#unanswered = 0
      this.owner?.writable()
    } else if (this.#next === before) {
      // The answer to a probe.
      this.#unanswered = 0
      if (isMore) {
        this.#doublings = 0
        this.#waitingSince = -1
      }
    } else if (segment.bytes.length === 0 && segment.flags === 0 && !isMore) {
      // The third answer of the same meaning: something behind it arrived, it did not (RFC 5681).
      if (++this.#repeats === 3) this.#sendAgain()
    }
  }

  #takeBytes(segment: Segment): void {
    const { sequence, bytes, flags } = segment
    const { receiving } = this
    const end = sequence + bytes.length
    if (this.#isDeaf && bytes.length > 0 && end > receiving.next) {
      this.reset()
      return
    }
    if ((flags & fin) !== 0 && receiving.end < 0) receiving.end = end
    if (bytes.length > 0) receiving.accept(sequence, bytes, this.#advertised)
    if (bytes.length > 0 || (flags & (fin | probe)) !== 0) this.#isAnswerDue = true
    if (receiving.unread > 0 || receiving.isComplete) this.owner?.readable()
  }

  // ---------------------------------------------------------------- sending

  #send(bytes: Uint8Array, flags: number): void {
    const sequence = this.#next
    this.#next += bytes.length + ((flags & fin) === 0 ? 0 : 1)
    if (this.#next > this.#sentUpTo) {
      this.#sentUpTo = this.#next
      this.#roundTrip.sent(this.#next, this.stack.now)
    }
    this.#transmit(flags, sequence, bytes)
  }

  #acknowledge(): void {
    this.#transmit(0, this.#next, nothing)
  }

  #transmit(flags: number, sequence: number, bytes: Uint8Array): void {
    const { receiving } = this
    this.#isAnswerDue = false
    const window = receiveCapacity - receiving.unread
    if (receiving.next + window > this.#advertised) this.#advertised = receiving.next + window
    const isFirst = this.#state === 'dialling'
    const acknowledged = isFirst ? -1 : receiving.next + (receiving.isComplete ? 1 : 0)
    this.stack.transmit(this, new Segment(this.pair, !this.isDialler, flags, sequence, acknowledged, window, bytes))
  }

  /** The first bytes that are not acknowledged, once more. */
  #sendAgain(): void {
    this.#roundTrip.disturbed()
    const { written } = this.sending
    const from = this.acknowledged
    if (from < written) this.#transmit(0, from, this.sending.view(from, Math.min(carefulWindow, written - from, this.#next - from)))
    else this.#transmit(fin, from, nothing)
  }

  #die(): number {
    const { pair } = this
    return mix(mix(pair.word + Math.imul(this.#next, 0x9e3779b1)) ^ (this.isDialler ? 0x2c1b3c6d : 0x297a2d39)) >>> 0
  }

  // ---------------------------------------------------------------- time

  #await(): void {
    this.#waitingSince = this.stack.now
    this.#arm()
  }

  /** One timer serves all; it is armed again only when it would come too late. */
  #arm(): void {
    const at = this.#deadline()
    if (at >= this.#timerAt) return
    if (this.#timer !== null) this.stack.cancel(this.#timer)
    this.#timer = this.stack.schedule(this, at)
    this.#timerAt = at
  }

  #deadline(): Nanos {
    let at = this.#lingerUntil
    if (this.#waitingSince >= 0) at = Math.min(at, this.#waitingSince + this.#roundTrip.timeout * 2 ** Math.min(this.#doublings, mostDoublings))
    else if (this.#state === 'open') at = Math.min(at, this.#keepAlive.deadline)
    return at
  }

  timerFired(): void {
    this.#timer = null
    this.#timerAt = Number.POSITIVE_INFINITY
    if (this.isGone) return
    const { now } = this.stack
    if (this.#deadline() <= now) {
      if (now >= this.#lingerUntil) {
        this.#over('gone')
        return
      }
      if (this.#waitingSince >= 0) this.#unansweredFor(now)
      else if (this.#keepAlive.ask(now)) this.#transmit(probe, this.#next, nothing)
      else this.fail('timeout')
      if (this.isGone) return
    }
    this.#arm()
  }

  #unansweredFor(now: Nanos): void {
    if (this.#unanswered === retransmissionLimit) {
      this.fail('timeout')
      return
    }
    this.#unanswered++
    this.#doublings++
    this.#waitingSince = now
    this.#roundTrip.disturbed()
    if (this.#state !== 'open') {
      this.#transmit(syn, 0, nothing)
      return
    }
    if (this.#next === this.acknowledged) {
      this.#transmit(probe, this.#next, nothing)
      return
    }
    this.#congestion = carefulWindow
    this.#next = this.acknowledged
    this.push()
  }

  #over(state: 'finished' | 'gone'): void {
    this.#state = state
    this.#waitingSince = -1
    this.#lingerUntil = Number.POSITIVE_INFINITY
    if (this.#timer !== null) {
      this.stack.cancel(this.#timer)
      this.#timer = null
    }
    this.stack.left(this)
  }
}

const nothing = new Uint8Array(0)
