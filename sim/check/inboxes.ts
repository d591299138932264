import { Misuse } from '../host/errors.js'
import { mix } from '../kernel/mix.js'
import { lengthened } from './interner.js'
import type { NetworkKind } from './machine-model.js'
import type { Envelope } from './machine-node.js'
import type { MessageOrder } from './message-order.js'
import { PairCache } from './pair-cache.js'

/** Messages to one node at most, in one state. */
const MOST_MESSAGES = 1 << 16
/** The inbox in which nothing lies. */
export const EMPTY = 0

/**
 * The messages on their way to one node, as sorted lists of their numbers; each distinct list has a number and is kept once, compared whole. States share them:
 * far fewer lists are ever there than states.
 */
export class Inboxes<M> {
  /** What a list adds to a fingerprint, by its number. */
  highs = new Int32Array(64)
  lows = new Int32Array(64)
  /** The lists one after the other; where each begins, and where the last ends. */
  #words = new Int32Array(256)
  #starts = new Int32Array(64)
  #count = 0
  /** Numbers of lists, plus one, by their fingerprints: open addressing, at most half full. */
  #places = new Int32Array(128)
  #draft = new Int32Array(256)
  readonly #joined = new PairCache()

  constructor(
    readonly kind: NetworkKind,
    readonly order: MessageOrder<M>,
  ) {
    this.#intern(0)
  }

  get size(): number {
    return this.#count
  }

  /** Calls `visit` with each message of a list, in order. */
  forEach(inbox: number, visit: (number: number) => void): void {
    const end = this.endOf(inbox)
    for (let i = this.beginOf(inbox); i < end; i++) visit(this.#words[i] as number)
  }

  /** Where a list begins in `words`, and where it ends. */
  beginOf(inbox: number): number {
    return this.#starts[inbox] as number
  }

  endOf(inbox: number): number {
    return this.#starts[inbox + 1] as number
  }

  get words(): Int32Array {
    return this.#words
  }

  /** The list of these messages; those of one rank stay in the order in which they are given. */
  of(numbers: readonly number[]): number {
    const { ranks } = this.order
    const sorted = numbers.toSorted((a, b) => (ranks[a] as number) - (ranks[b] as number))
    const wanted = this.repeats ? sorted.filter((number, i) => number !== sorted[i - 1]) : sorted
    this.#ensureDraft(wanted.length)
    this.#draft.set(wanted)
    return this.#intern(wanted.length)
  }

  /** Whether a message stays when it is delivered, so that there is no need for two of it. */
  get repeats(): boolean {
    return this.kind === 'set' || this.kind === 'duplicating'
  }

  /** The list that comes of adding those of `sent` to `inbox`: a set takes each once, a queue takes them behind those on their way. */
  join(inbox: number, sent: number): number {
    if (inbox === EMPTY) return sent
    const known = this.#joined.get(inbox, sent)
    if (known >= 0) return known
    const joined = this.#merge(inbox, sent)
    this.#joined.set(inbox, sent, joined)
    return joined
  }

  #merge(inbox: number, sent: number): number {
    const { ranks } = this.order
    const words = this.#words
    const isSet = this.repeats
    let [i, j] = [this.beginOf(inbox), this.beginOf(sent)]
    const [iEnd, jEnd] = [this.endOf(inbox), this.endOf(sent)]
    this.#ensureDraft(iEnd - i + jEnd - j)
    const draft = this.#draft
    let length = 0
    while (i < iEnd && j < jEnd) {
      const [own, other] = [words[i] as number, words[j] as number]
      if (isSet && own === other) j++
      else if ((ranks[own] as number) <= (ranks[other] as number)) {
        draft[length++] = own
        i++
      } else {
        draft[length++] = other
        j++
      }
    }
    while (i < iEnd) draft[length++] = words[i++] as number
    while (j < jEnd) draft[length++] = words[j++] as number
    return this.#intern(length)
  }

  /** The list without what lies at a place of `words`. */
  without(inbox: number, place: number): number {
    const begin = this.beginOf(inbox)
    const end = this.endOf(inbox)
    this.#ensureDraft(end - begin)
    let length = 0
    for (let i = begin; i < end; i++) if (i !== place) this.#draft[length++] = this.#words[i] as number
    return this.#intern(length)
  }

  /** Whether another message stands for the one at a place of `words`: an equal one before it, or one that has to be delivered first. */
  isBehind(inbox: number, place: number): boolean {
    if (place === this.beginOf(inbox)) return false
    const [before, number] = [this.#words[place - 1] as number, this.#words[place] as number]
    return this.kind === 'ordered' ? this.#isOneChannel(before, number) : before === number
  }

  #isOneChannel(a: number, b: number): boolean {
    const { ranks } = this.order
    return ranks[a] === ranks[b]
  }

  /** The number of the list that is the first `length` words of the draft. */
  #intern(length: number): number {
    if (length > MOST_MESSAGES) throw new Misuse(`more than ${MOST_MESSAGES} messages are on their way to one node: bound the model`)
    const draft = this.#draft
    const { highs, lows } = this.order.envelopes
    let high = 0
    let low = 0
    let place = 0
    const isOrdered = this.kind === 'ordered'
    for (let i = 0; i < length; i++) {
      const number = draft[i] as number
      if (!isOrdered) {
        high = (high + (highs[number] as number)) | 0
        low = (low + (lows[number] as number)) | 0
        continue
      }
      // In a queue it matters which comes first.
      place = i > 0 && this.#isOneChannel(draft[i - 1] as number, number) ? place + 1 : 0
      high = (high + mix((highs[number] as number) + Math.imul(place, 0x9e3779b1))) | 0
      low = (low + mix((lows[number] as number) ^ Math.imul(place, 0x85ebca6b))) | 0
    }
    const mask = this.#places.length - 1
    let at = (high ^ low) & mask
    for (let known = this.#places[at] as number; known !== 0; known = this.#places[at] as number) {
      if (this.#isAt(known - 1, high, low, length)) return known - 1
      at = (at + 1) & mask
    }
    return this.#keep(at, high, low, length)
  }

  #isAt(inbox: number, high: number, low: number, length: number): boolean {
    if (this.highs[inbox] !== high || this.lows[inbox] !== low) return false
    const begin = this.beginOf(inbox)
    if (this.endOf(inbox) - begin !== length) return false
    for (let i = 0; i < length; i++) if (this.#words[begin + i] !== this.#draft[i]) return false
    return true
  }

  #keep(at: number, high: number, low: number, length: number): number {
    const inbox = this.#count++
    const begin = this.beginOf(inbox)
    if (inbox + 2 > this.#starts.length) {
      this.#starts = lengthened(this.#starts, this.#starts.length * 2)
      this.highs = lengthened(this.highs, this.#starts.length)
      this.lows = lengthened(this.lows, this.#starts.length)
    }
    if (begin + length > this.#words.length) this.#words = lengthened(this.#words, Math.max(begin + length, Math.floor(this.#words.length * 1.5)))
    for (let i = 0; i < length; i++) this.#words[begin + i] = this.#draft[i] as number
    this.#starts[inbox + 1] = begin + length
    this.highs[inbox] = high
    this.lows[inbox] = low
    this.#places[at] = inbox + 1
    if (this.#count * 2 > this.#places.length) this.#spread()
    return inbox
  }

  #spread(): void {
    this.#places = new Int32Array(this.#places.length * 2)
    const mask = this.#places.length - 1
    for (let inbox = 0; inbox < this.#count; inbox++) {
      let at = ((this.highs[inbox] as number) ^ (this.lows[inbox] as number)) & mask
      while (this.#places[at] !== 0) at = (at + 1) & mask
      this.#places[at] = inbox + 1
    }
  }

  #ensureDraft(length: number): void {
    if (length > this.#draft.length) this.#draft = new Int32Array(2 * length)
  }
}

/** The messages of an inbox as data, for a view. */
export function envelopesOf<M>(inboxes: Inboxes<M>, numbers: Iterable<number>): { readonly rank: number; readonly envelope: Envelope<M> }[] {
  const { order } = inboxes
  const found: { readonly rank: number; readonly envelope: Envelope<M> }[] = []
  for (const inbox of numbers) inboxes.forEach(inbox, (number) => found.push({ rank: order.ranks[number] as number, envelope: order.envelopes.value(number) }))
  return found.sort((a, b) => a.rank - b.rank)
}
