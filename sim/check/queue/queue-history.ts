import { HistoryError } from '../history/history-error.js'
import { show } from '../show.js'
import { type LogOrder, logOrders } from './log-order.js'
import { nameOf } from './queue-anomaly.js'
import { type QueueEvent, type QueueRecord, queueEvents, type ValueKey } from './queue-operation.js'

/** What all checks look at. */
export interface QueueHistory {
  readonly events: readonly QueueEvent[]
  readonly logs: ReadonlyMap<string, LogOrder>
  /** By key and value: who sent it. */
  readonly writers: ReadonlyMap<string, ReadonlyMap<ValueKey, QueueEvent>>
  /** By key and value: who polled it and was answered, failed or not. */
  readonly readers: ReadonlyMap<string, ReadonlyMap<ValueKey, readonly QueueEvent[]>>
  /** Of each value, how it is shown. */
  readonly shown: (key: string, value: ValueKey) => string
  readonly hasCommitted: (event: QueueEvent) => boolean
}

/** Throws `HistoryError` when values of a key are not unique. */
export function queueHistory(history: readonly QueueRecord[]): QueueHistory {
  const events = queueEvents(history)
  const writers = new Map<string, Map<ValueKey, QueueEvent>>()
  const readers = new Map<string, Map<ValueKey, QueueEvent[]>>()
  const shown = new Map<string, Map<ValueKey, unknown>>()
  for (const event of events) {
    for (const { f, key, seen } of event.steps) {
      inner(shown, key).set(seen.value, seen.shown)
      if (f === 'poll') {
        const known = inner(readers, key).get(seen.value)
        if (known === undefined) inner(readers, key).set(seen.value, [event])
        else if (known.at(-1) !== event) known.push(event)
        continue
      }
      const before = inner(writers, key).get(seen.value)
      if (before !== undefined)
        throw new HistoryError(
          `${show(seen.shown)} is sent to key ${key} by ${nameOf(before)} and again by ${nameOf(event)}: values must be unique for each key`,
        )
      inner(writers, key).set(seen.value, event)
    }
  }
  const polledOk = new Map(
    [...readers].map(([key, values]) => [key, new Set([...values].filter(([, by]) => by.some(({ type }) => type === 'ok')).map(([value]) => value))]),
  )
  const hasCommitted = ({ type, sent }: QueueEvent): boolean =>
    type === 'ok' || (type === 'info' && [...sent].some(([key, values]) => values.some(({ value }) => polledOk.get(key)?.has(value))))
  return {
    events,
    logs: logOrders(events, hasCommitted),
    writers,
    readers,
    shown: (key, value) => show(shown.get(key)?.get(value)),
    hasCommitted,
  }
}

function inner<K, V>(maps: Map<string, Map<K, V>>, key: string): Map<K, V> {
  let map = maps.get(key)
  if (map === undefined) {
    map = new Map()
    maps.set(key, map)
  }
  return map
}
