import { EMPTY, type Inboxes } from './inboxes.js'
import { lengthened } from './interner.js'
import { PairCache } from './pair-cache.js'

/** Words of a delivery of a state: the message, the transition, the place after it, and which of the state's places it was. */
export const DELIVERY = 4

/** Words of all lists at most, before all are forgotten. */
const MOST_WORDS = 1 << 22

/** What happens at places, which transitions know. */
export interface PlaceTransitions {
  /** What a node makes of a message; below zero: nothing. */
  ofMessage(node: number, message: number): number
  /** The node after a transition, and the list of what it sends to itself. */
  nodeAfter(transition: number): number
  sentToSelf(transition: number): number
}

/**
 * Nodes together with what lies in their inboxes: each distinct pair has a number. What may be delivered at a place, and the place after it, is computed once and then read
 * off.
 */
export class Places<M> {
  /** By number of place. */
  nodes = new Int32Array(64)
  inboxes = new Int32Array(64)
  /** By number of place: where its list begins in `#words`, plus one. */
  #lists = new Int32Array(64)
  size = 0
  /** Numbers of places, plus one, by what they are made of: open addressing, at most half full. */
  #numbers = new Int32Array(1_024)
  /** How many deliveries, and then for each the message, the transition, the place after it. The first list is that of all places where there is nothing to deliver. */
  #words = new Int32Array(1_024)
  #end = 1
  /** The deliveries of a state. */
  gathered = new Int32Array(DELIVERY * 64)
  readonly #joined = new PairCache()
  readonly #stepped = new PairCache()

  constructor(
    readonly lists: Inboxes<M>,
    private readonly transitions: PlaceTransitions,
  ) {}

  of(node: number, inbox: number): number {
    const numbers = this.#numbers
    const mask = numbers.length - 1
    let at = slotOf(node, inbox) & mask
    for (let known = numbers[at] as number; known !== 0; known = numbers[at] as number) {
      if (this.nodes[known - 1] === node && this.inboxes[known - 1] === inbox) return known - 1
      at = (at + 1) & mask
    }
    numbers[at] = ++this.size
    return this.#keep(node, inbox)
  }

  #keep(node: number, inbox: number): number {
    const place = this.size - 1
    if (place === this.nodes.length) {
      const length = Math.floor(place * 1.5)
      this.nodes = lengthened(this.nodes, length)
      this.inboxes = lengthened(this.inboxes, length)
      this.#lists = lengthened(this.#lists, length)
    }
    this.nodes[place] = node
    this.inboxes[place] = inbox
    if (this.size * 2 > this.#numbers.length) this.#spread()
    return place
  }

  #spread(): void {
    const numbers = new Int32Array(this.#numbers.length * 2)
    const mask = numbers.length - 1
    for (let place = 0; place < this.size; place++) {
      let at = slotOf(this.nodes[place] as number, this.inboxes[place] as number) & mask
      while (numbers[at] !== 0) at = (at + 1) & mask
      numbers[at] = place + 1
    }
    this.#numbers = numbers
  }

  /** The place when messages have come to it. */
  join(place: number, sent: number): number {
    const known = this.#joined.get(place, sent)
    if (known >= 0) return known
    const joined = this.of(this.nodes[place] as number, this.lists.join(this.inboxes[place] as number, sent))
    this.#joined.set(place, sent, joined)
    return joined
  }

  /** The place after a transition that takes nothing from the inbox. */
  after(place: number, transition: number): number {
    const known = this.#stepped.get(place, transition)
    if (known >= 0) return known
    const after = this.#after(this.inboxes[place] as number, transition)
    this.#stepped.set(place, transition, after)
    return after
  }

  #after(inbox: number, transition: number): number {
    const own = this.transitions.sentToSelf(transition)
    return this.of(this.transitions.nodeAfter(transition), own === EMPTY ? inbox : this.lists.join(inbox, own))
  }

  /** Lists the deliveries of a state in `gathered`, in the order of their messages; answers where they end. */
  gather(row: Int32Array, at: number, count: number): number {
    const { ranks } = this.lists.order
    let end = 0
    for (let id = 0; id < count; id++) {
      const place = row[at + id] as number
      const known = this.#lists[place] as number
      const list = known > 0 ? known - 1 : this.#compute(place)
      const words = this.#words
      const size = words[list] as number
      if (size === 0) continue
      if (end + DELIVERY * size > this.gathered.length) this.gathered = lengthened(this.gathered, 2 * (end + DELIVERY * size))
      const { gathered } = this
      const listEnd = list + 1 + 3 * size
      for (let i = list + 1; i < listEnd; i += 3) {
        let to = end
        if (end > 0) {
          const rank = ranks[words[i] as number] as number
          for (; to > 0 && (ranks[gathered[to - DELIVERY] as number] as number) > rank; to -= DELIVERY)
            for (let k = to; k < to + DELIVERY; k++) gathered[k] = gathered[k - DELIVERY] as number
        }
        gathered[to] = words[i] as number
        gathered[to + 1] = words[i + 1] as number
        gathered[to + 2] = words[i + 2] as number
        gathered[to + 3] = id
        end += DELIVERY
      }
    }
    return end
  }

  /** Where the list of a place begins. When there are too many lists, all are forgotten, and computed anew as they are needed. */
  #compute(place: number): number {
    const { lists } = this
    const node = this.nodes[place] as number
    const inbox = this.inboxes[place] as number
    const begin = lists.beginOf(inbox)
    const end = lists.endOf(inbox)
    const at = this.#room(1 + 3 * (end - begin))
    let to = at + 1
    for (let i = begin; i < end; i++) {
      if (lists.isBehind(inbox, i)) continue
      const message = lists.words[i] as number
      const transition = this.transitions.ofMessage(node, message)
      if (transition < 0) continue
      const after = this.#after(lists.repeats ? inbox : lists.without(inbox, i), transition)
      const words = this.#words
      words[to] = message
      words[to + 1] = transition
      words[to + 2] = after
      to += 3
    }
    if (to === at + 1) {
      this.#lists[place] = 1
      return 0
    }
    this.#words[at] = (to - at - 1) / 3
    this.#end = to
    this.#lists[place] = at + 1
    return at
  }

  /** Where there is room for a list of so many words. */
  #room(length: number): number {
    if (this.#end + length > MOST_WORDS && this.#end > 1) {
      this.#lists.fill(0)
      this.#end = 1
    }
    if (this.#end + length > this.#words.length) this.#words = lengthened(this.#words, Math.max(this.#end + length, this.#words.length * 2))
    return this.#end
  }
}

function slotOf(node: number, inbox: number): number {
  const hash = Math.imul(node, 0x9e3779b1) ^ Math.imul(inbox, 0x85ebca6b)
  return hash ^ (hash >>> 15)
}
