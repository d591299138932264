import { addTo } from '../groups.js'
import type { QueueEvent, Seen, ValueKey } from './queue-operation.js'

/** What is known of one key's log: which values were seen at which offset. */
export class LogOrder {
  /** By offset, ascending; each with the values seen there, in the order in which they were. Jepsen's version order has no gaps: an index is a place here. */
  readonly entries: readonly { readonly offset: number; readonly values: readonly ValueKey[] }[]
  /** Where a value stands in the log; of several places the last, of several values at one place only the first has one. */
  readonly #indexOf = new Map<ValueKey, number>()
  /** By offset. */
  readonly #placeOf = new Map<number, number>()
  /** Where a value was seen first, and last, whatever else was seen there. */
  readonly firstIndex = new Map<ValueKey, number>()
  readonly lastIndex = new Map<ValueKey, number>()

  constructor(seen: readonly Seen[]) {
    const byOffset = new Map<number, Set<ValueKey>>()
    for (const { offset, value } of seen) {
      if (offset === undefined) continue
      const values = byOffset.get(offset)
      if (values === undefined) byOffset.set(offset, new Set([value]))
      else values.add(value)
    }
    this.entries = [...byOffset].sort(([a], [b]) => a - b).map(([offset, values]) => ({ offset, values: [...values] }))
    for (const [index, { offset, values }] of this.entries.entries()) {
      this.#placeOf.set(offset, index)
      this.#indexOf.set(values[0]!, index)
      for (const value of values) {
        if (!this.firstIndex.has(value)) this.firstIndex.set(value, index)
        this.lastIndex.set(value, index)
      }
    }
  }

  /** The place of what was seen: by its offset, if the value is known to be there, or else by the value alone. */
  index({ offset, value }: Seen): number | undefined {
    const place = offset === undefined ? undefined : this.#placeOf.get(offset)
    if (place !== undefined && this.entries[place]!.values.includes(value)) return place
    return this.#indexOf.get(value)
  }

  /** The value that stands right before; undefined when there is none, or nobody knows. */
  before(value: ValueKey): ValueKey | undefined {
    const index = this.#indexOf.get(value)
    return index === undefined || index === 0 ? undefined : this.entries[index - 1]!.values[0]
  }

  /** How far the second is behind the first; 1, as it should be, when it is not known. */
  distance(first: Seen, second: Seen): number {
    const from = this.index(first)
    const to = this.index(second)
    return from === undefined || to === undefined ? 1 : to - from
  }

  /** The values between two. */
  between(first: Seen, second: Seen): readonly ValueKey[] {
    return this.entries.slice(this.index(first)! + 1, this.index(second)!).map(({ values }) => values[0]!)
  }
}

/**
 * The log of each key, from all polls, and from those sends whose transaction has certainly committed. Polls of aborted transactions count as well: a consumer
 * never sees what is not committed, whatever becomes of its own transaction.
 */
export function logOrders(events: readonly QueueEvent[], hasCommitted: (event: QueueEvent) => boolean): Map<string, LogOrder> {
  const seen = new Map<string, Seen[]>()
  for (const event of events) {
    const counts = hasCommitted(event)
    for (const { f, key, seen: one } of event.steps) {
      if (f === 'send' && !counts) continue
      addTo(seen, key, one)
    }
  }
  return new Map([...seen].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([key, all]) => [key, new LogOrder(all)]))
}
