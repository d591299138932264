import type { Interner } from './interner.js'
import type { Envelope } from './machine-node.js'

/** The order in which messages lie in a state, by their numbers: that of `compare`, or that in which they were first sent. New ones find their place between others. */
export class MessageOrder<M> {
  /** By number of message: rises with the order. */
  ranks = new Float64Array(64)
  /** By number of message: the node that it goes to. */
  to = new Int32Array(64)
  readonly #sorted: number[] = []
  #known = 0

  constructor(
    readonly envelopes: Interner<Envelope<M>>,
    /** `channels`: all messages from one node to another have one rank, and lie as they were sent. */
    readonly compare: ((a: Envelope<M>, b: Envelope<M>) => number) | 'channels' | undefined,
  ) {}

  /** The rank of a message. */
  rank(number: number): number {
    while (this.#known <= number) this.#add(this.#known++)
    return this.ranks[number] as number
  }

  #add(number: number): void {
    if (number === this.ranks.length) {
      const [ranks, to] = [this.ranks, this.to]
      this.ranks = new Float64Array(number * 2)
      this.ranks.set(ranks)
      this.to = new Int32Array(number * 2)
      this.to.set(to)
    }
    const envelope = this.envelopes.value(number)
    this.to[number] = envelope.to
    this.ranks[number] = number
    if (this.compare === 'channels') this.ranks[number] = envelope.from * CHANNELS + envelope.to
    else if (this.compare !== undefined) this.#place(number, envelope, this.compare)
  }

  #place(number: number, envelope: Envelope<M>, compare: (a: Envelope<M>, b: Envelope<M>) => number): void {
    const sorted = this.#sorted
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (compare(this.envelopes.value(sorted[middle] as number), envelope) <= 0) low = middle + 1
      else high = middle
    }
    sorted.splice(low, 0, number)
    const before = low === 0 ? undefined : (this.ranks[sorted[low - 1] as number] as number)
    const after = low + 1 === sorted.length ? undefined : (this.ranks[sorted[low + 1] as number] as number)
    const rank = before === undefined ? (after ?? 0) - GAP : after === undefined ? before + GAP : (before + after) / 2
    this.ranks[number] = rank
    // No number lies between two neighbours any more: all are laid out anew, in the same order.
    if (rank === before || rank === after) for (const [place, one] of sorted.entries()) this.ranks[one] = place * GAP
  }
}

const GAP = 1 << 20
/** More than there are nodes. */
const CHANNELS = 1 << 20
