import { EMPTY, type Inboxes } from './inboxes.js'
import { lengthened } from './interner.js'
import { TripleTable } from './triple-table.js'

/** Words of a delivery: the message, the transition that its node makes of it, and the inbox without it. */
export const DELIVERY = 3
/** Words of a delivery of a state: those, and the node. */
export const GATHERED = 4

/** Words of all lists at most, before all are forgotten. */
const MOST_WORDS = 1 << 22

/**
 * The deliveries that are transitions, for each node in a state and each inbox that it may have: computed once, and then read off. When there are too many lists, all are
 * forgotten and computed anew as they are needed.
 */
export class Deliveries<M> {
  /** Lists, one after the other: how many deliveries, and then their words. */
  private words = new Int32Array(1_024)
  /** The deliveries of a state. */
  gathered = new Int32Array(GATHERED * 64)
  #end = 0
  #known = new TripleTable()

  constructor(
    readonly inboxes: Inboxes<M>,
    /** What a node makes of a message; below zero: nothing. */
    private readonly transitionOf: (node: number, message: number) => number,
  ) {}

  /** Lists the deliveries of a state in `gathered`, in the order of their messages; answers where they end. */
  gather(row: Int32Array, at: number, nodes: number): number {
    const { ranks } = this.inboxes.order
    let end = 0
    for (let id = 0; id < nodes; id++) {
      const inbox = row[at + nodes + id] as number
      if (inbox === EMPTY) continue
      const list = this.#listOf(row[at + id] as number, inbox)
      const { words } = this
      const listEnd = list + 1 + DELIVERY * (words[list] as number)
      while (end + GATHERED * (words[list] as number) > this.gathered.length) this.gathered = lengthened(this.gathered, this.gathered.length * 2)
      const { gathered } = this
      for (let i = list + 1; i < listEnd; i += DELIVERY) {
        const rank = ranks[words[i] as number] as number
        let to = end
        for (; to > 0 && (ranks[gathered[to - GATHERED] as number] as number) > rank; to -= GATHERED)
          for (let k = to; k < to + GATHERED; k++) gathered[k] = gathered[k - GATHERED] as number
        gathered[to] = words[i] as number
        gathered[to + 1] = words[i + 1] as number
        gathered[to + 2] = words[i + 2] as number
        gathered[to + 3] = id
        end += GATHERED
      }
    }
    return end
  }

  /** Where the list begins in `words`. */
  #listOf(node: number, inbox: number): number {
    const known = this.#known.get(node, inbox, 0)
    return known >= 0 ? known : this.#compute(node, inbox)
  }

  #compute(node: number, inbox: number): number {
    const { inboxes } = this
    const begin = inboxes.beginOf(inbox)
    const end = inboxes.endOf(inbox)
    const most = 1 + DELIVERY * (end - begin)
    if (this.#end + most > MOST_WORDS && this.#end > 0) {
      this.#known = new TripleTable()
      this.#end = 0
    }
    if (this.#end + most > this.words.length) this.words = lengthened(this.words, Math.max(this.#end + most, this.words.length * 2))
    const at = this.#end
    const removes = inboxes.kind === 'unordered' || inboxes.kind === 'ordered'
    let count = 0
    for (let i = begin; i < end; i++) {
      if (inboxes.isBehind(inbox, i)) continue
      const message = inboxes.words[i] as number
      const transition = this.transitionOf(node, message)
      if (transition < 0) continue
      const to = at + 1 + DELIVERY * count++
      this.words[to] = message
      this.words[to + 1] = transition
      this.words[to + 2] = removes ? inboxes.without(inbox, i) : inbox
    }
    this.words[at] = count
    this.#end = at + 1 + DELIVERY * count
    this.#known.set(node, inbox, 0, at)
    return at
  }
}
