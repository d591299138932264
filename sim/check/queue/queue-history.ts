import { addTo } from '../groups.js'
import { HistoryError } from '../history/history-error.js'
import { show } from '../show.js'
import { type LogOrder, logOrders } from './log-order.js'
import type { LogValue } from './log-value.js'
import { nameOf } from './queue-anomaly.js'
import { type QueueEvent, type QueueRecord, queueEvents } from './queue-operation.js'

/** What all checks look at. */
export interface QueueHistory {
  readonly events: readonly QueueEvent[]
  readonly logs: ReadonlyMap<string, LogOrder>
  /** By key: what was sent, in the order in which the sends ended. */
  readonly sent: ReadonlyMap<string, readonly LogValue[]>
  /** By key: what was polled, in the order in which the first polls of it ended. */
  readonly polled: ReadonlyMap<string, readonly LogValue[]>
}

/** Throws `HistoryError` when values of a key are not unique. */
export function queueHistory(history: readonly QueueRecord[]): QueueHistory {
  const events = queueEvents(history)
  const sent = new Map<string, LogValue[]>()
  const polled = new Map<string, LogValue[]>()
  for (const event of events) {
    for (const { f, key, seen } of event.steps) {
      const { known, shown } = seen
      known.shown = shown
      if (f === 'poll') {
        const { readers } = known
        if (readers.length === 0) addTo(polled, key, known)
        if (readers[readers.length - 1] !== event) readers.push(event)
        if (event.type === 'ok') known.isPolled = true
        continue
      }
      const before = known.writer
      if (before !== undefined)
        throw new HistoryError(`${show(shown)} is sent to key ${key} by ${nameOf(before)} and again by ${nameOf(event)}: values must be unique for each key`)
      known.writer = event
      addTo(sent, key, known)
    }
  }
  return { events, logs: logOrders(events), sent, polled }
}
