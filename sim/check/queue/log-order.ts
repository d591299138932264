import { addTo } from '../groups.js'
import type { LogValue } from './log-value.js'
import type { QueueEvent, Seen } from './queue-operation.js'

/** What is known of one key's log: which values were seen at which offset. */
export class LogOrder {
  /** By offset, ascending; each with the values seen there, in the order in which they were. Jepsen's version order has no gaps: an index is a place here. */
  readonly entries: readonly { readonly offset: number; readonly values: readonly LogValue[] }[]
  /** By offset. */
  readonly #placeOf = new Map<number, number>()

  /** Tells the values where they stand. */
  constructor(seen: readonly Seen[]) {
    /** Only a log that is wrong has several values at one offset. */
    const byOffset = new Map<number, LogValue | Set<LogValue>>()
    for (const { offset, known } of seen) {
      if (offset === undefined) continue
      const there = byOffset.get(offset)
      if (there === undefined) byOffset.set(offset, known)
      else if (there instanceof Set) there.add(known)
      else if (there !== known) byOffset.set(offset, new Set([there, known]))
    }
    const offsets = [...byOffset.keys()].sort((a, b) => a - b)
    const entries: { readonly offset: number; readonly values: readonly LogValue[] }[] = []
    for (const offset of offsets) {
      const there = byOffset.get(offset)!
      const values = there instanceof Set ? [...there] : [there]
      const index = entries.length
      entries.push({ offset, values })
      this.#placeOf.set(offset, index)
      values[0]!.index = index
      for (const value of values) {
        if (value.firstIndex < 0) value.firstIndex = index
        value.lastIndex = index
      }
    }
    this.entries = entries
  }

  /** The place of what was seen: by its offset, if the value is known to be there, or else by the value alone. */
  index({ offset, known }: Seen): number | undefined {
    // Seen at one place alone, which is the answer both ways.
    if (known.index !== undefined && known.firstIndex === known.lastIndex) return known.index
    const place = offset === undefined ? undefined : this.#placeOf.get(offset)
    if (place !== undefined && this.entries[place]!.values.includes(known)) return place
    return known.index
  }

  /** The value that stands right before; undefined when there is none, or nobody knows. */
  before({ index }: LogValue): LogValue | undefined {
    return index === undefined || index === 0 ? undefined : this.entries[index - 1]!.values[0]
  }

  /** How far the second is behind the first; 1, as it should be, when it is not known. */
  distance(first: Seen, second: Seen): number {
    const from = this.index(first)
    const to = this.index(second)
    return from === undefined || to === undefined ? 1 : to - from
  }

  /** The values between two. */
  between(first: Seen, second: Seen): readonly LogValue[] {
    return this.entries.slice(this.index(first)! + 1, this.index(second)!).map(({ values }) => values[0]!)
  }
}

/** It was answered, or someone polled what it sent. */
export function hasCommitted({ type, steps }: QueueEvent): boolean {
  return type === 'ok' || (type === 'info' && steps.some(({ f, seen }) => f === 'send' && seen.known.isPolled))
}

/**
 * The log of each key, from all polls, and from those sends whose transaction has certainly committed. Polls of aborted transactions count as well: a consumer
 * never sees what is not committed, whatever becomes of its own transaction.
 */
export function logOrders(events: readonly QueueEvent[]): Map<string, LogOrder> {
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
