import { Misuse } from '../host/errors.js'
import { mix } from '../kernel/mix.js'
import type { Interner } from './interner.js'
import type { NetworkKind } from './machine-model.js'
import type { Envelope } from './machine-node.js'
import type { MessageOrder } from './message-order.js'

/** Messages of one state at most. */
const MOST_MESSAGES = 1 << 16

/** The messages of a state in the making, sorted. */
export class NetworkDraft<M> {
  words = new Int32Array(256)
  length = 0
  /** What the change adds to a fingerprint, after `compare`. */
  high = 0
  low = 0

  constructor(
    readonly kind: NetworkKind,
    readonly envelopes: Interner<Envelope<M>>,
    readonly order: MessageOrder<M>,
  ) {}

  /** The messages as they were, to be changed. */
  begin(row: Int32Array, from: number, count: number): void {
    if (count > this.words.length) this.words = new Int32Array(2 * count)
    const { words } = this
    for (let i = 0; i < count; i++) words[i] = row[from + i] as number
    this.length = count
  }

  remove(place: number): void {
    const { words } = this
    const last = --this.length
    for (let i = place; i < last; i++) words[i] = words[i + 1] as number
  }

  /** What a step sent, sorted: `sent` from `from` to before `to`. A set of messages takes each once; an ordered network takes them behind those on their way. */
  insertAll(sent: readonly number[], from: number, to: number): void {
    const isSet = this.kind === 'duplicating' || this.kind === 'set'
    for (let i = from; i < to; i++) {
      const number = sent[i] as number
      if (isSet && this.#has(number)) continue
      this.#insert(number)
    }
  }

  #has(number: number): boolean {
    for (let i = 0; i < this.length; i++) if (this.words[i] === number) return true
    return false
  }

  #insert(number: number): void {
    if (this.length >= MOST_MESSAGES) throw new Misuse(`more than ${MOST_MESSAGES} messages are on their way: bound the model`)
    if (this.length === this.words.length) {
      const longer = new Int32Array(this.length * 2)
      longer.set(this.words)
      this.words = longer
    }
    const { words } = this
    const { ranks } = this.order
    const rank = ranks[number] as number
    let place = this.length++
    for (; place > 0 && (ranks[words[place - 1] as number] as number) > rank; place--) words[place] = words[place - 1] as number
    words[place] = number
  }

  /** Sets `high` and `low` to what the messages add to a fingerprint, less what those of the row added. */
  compare(row: Int32Array, from: number, count: number): void {
    this.high = 0
    this.low = 0
    this.#add(this.words, 0, this.length, 1)
    this.#add(row, from, count, -1)
  }

  #add(words: Int32Array, from: number, count: number, sign: number): void {
    const { highs, lows } = this.envelopes
    const isOrdered = this.kind === 'ordered'
    let place = 0
    for (let i = from; i < from + count; i++) {
      const number = words[i] as number
      if (!isOrdered) {
        this.high = (this.high + sign * (highs[number] as number)) | 0
        this.low = (this.low + sign * (lows[number] as number)) | 0
        continue
      }
      // In a queue it matters which comes first.
      place = i > from && this.isOneChannel(words[i - 1] as number, number) ? place + 1 : 0
      this.high = (this.high + sign * mix((highs[number] as number) + Math.imul(place, 0x9e3779b1))) | 0
      this.low = (this.low + sign * mix((lows[number] as number) ^ Math.imul(place, 0x85ebca6b))) | 0
    }
  }

  isOneChannel(a: number, b: number): boolean {
    const { ranks } = this.order
    return ranks[a] === ranks[b]
  }
}
