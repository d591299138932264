import type { LogOrder } from './log-order.js'
import { nameOf, type QueueAnomaly, type QueueAnomalyName } from './queue-anomaly.js'
import type { QueueHistory } from './queue-history.js'
import type { QueueEvent, Seen } from './queue-operation.js'

/** Within one transaction: polls, and sends, of a key should be neighbours in its log, one after the other. */
export function internalOrder(history: QueueHistory): QueueAnomaly[] {
  return history.events.flatMap((event) => [
    ...[...event.polled].flatMap(([key, values]) =>
      // Where keys are given and taken away, positions are not what they were.
      event.rebalanced.has(key) ? [] : pairs(history, key, values, event, 'polled', { skip: 'int-poll-skip', back: 'int-nonmonotonic-poll' }),
    ),
    ...[...event.sent].flatMap(([key, values]) => pairs(history, key, values, event, 'sent', { skip: 'int-send-skip', back: 'int-nonmonotonic-send' })),
  ])
}

function pairs(
  { logs, shown }: QueueHistory,
  key: string,
  values: readonly Seen[],
  event: QueueEvent,
  did: string,
  names: { readonly skip: QueueAnomalyName; readonly back: QueueAnomalyName },
): QueueAnomaly[] {
  const log = logs.get(key)
  return values.slice(1).flatMap((second, i): QueueAnomaly[] => {
    const first = values[i]!
    const distance = log?.distance(first, second) ?? 1
    if (distance === 1) return []
    const what = `${nameOf(event)} ${did} ${shown(key, first.value)} and then ${shown(key, second.value)} of key ${key}`
    if (distance < 1) return [{ name: names.back, key, message: `${what}, which ${backwards(distance)}`, events: [event] }]
    return [{ name: names.skip, key, message: `${what}, and left out ${leftOut(log!, key, first, second, shown)} in between`, events: [event] }]
  })
}

/** From one poll of a client to its next: it should go on where it was. Only an answered poll moves the position; all are looked at. */
export function pollOrder({ events, logs, shown }: QueueHistory): QueueAnomaly[] {
  const found: QueueAnomaly[] = []
  const positions = new Map<number, Map<string, QueueEvent>>()
  for (const event of events) {
    const { client } = event.record
    const last = positions.get(client) ?? new Map<string, QueueEvent>()
    positions.set(client, last)
    if (event.f === 'assign' || event.f === 'subscribe') {
      forget(last, event)
      continue
    }
    for (const [key, values] of event.polled) {
      const before = last.get(key)
      const log = logs.get(key)
      if (before !== undefined && log !== undefined && !event.rebalanced.has(key)) {
        const from = before.polled.get(key)!.at(-1)!
        const to = values[0]!
        const distance = log.distance(from, to)
        const what = `${nameOf(event)} begins with ${shown(key, to.value)} of key ${key}, after ${nameOf(before)} ended with ${shown(key, from.value)}`
        if (distance > 1)
          found.push({ name: 'poll-skip', key, message: `${what}, and left out ${leftOut(log, key, from, to, shown)}`, events: [before, event] })
        if (distance < 1) found.push({ name: 'nonmonotonic-poll', key, message: `${what}, which ${backwards(distance)}`, events: [before, event] })
      }
    }
    if (event.type === 'ok') for (const key of event.polled.keys()) last.set(key, event)
  }
  return found
}

/** From one send of a client to its next: values should be in the order in which they were sent. */
export function sendOrder({ events, logs, shown }: QueueHistory): QueueAnomaly[] {
  const found: QueueAnomaly[] = []
  const sends = new Map<number, Map<string, QueueEvent>>()
  for (const event of events) {
    const { client } = event.record
    const last = sends.get(client) ?? new Map<string, QueueEvent>()
    sends.set(client, last)
    if (event.f === 'assign' || event.f === 'subscribe') forget(last, event)
    if (event.type === 'fail') continue
    for (const [key, values] of event.sent) {
      const before = last.get(key)
      const from = before?.sent.get(key)?.at(-1)
      const to = values[0]!
      const distance = (from && logs.get(key)?.distance(from, to)) ?? 1
      if (before !== undefined && distance < 1) {
        const message = `${nameOf(event)} sent ${shown(key, to.value)} to key ${key} after ${nameOf(before)} had sent ${shown(key, from!.value)}, which ${backwards(distance, 'comes later in the log')}`
        found.push({ name: 'nonmonotonic-send', key, message, events: [before, event] })
      }
      last.set(key, event)
    }
  }
  return found
}

/** A new assignment keeps the positions of what stays assigned. */
function forget(last: Map<string, QueueEvent>, { type, keys }: QueueEvent): void {
  if (type === 'fail') return
  for (const key of [...last.keys()]) if (!keys.includes(key)) last.delete(key)
}

const backwards = (distance: number, otherwise = 'goes back'): string => (distance === 0 ? 'is the same again' : otherwise)

function leftOut(log: LogOrder, key: string, first: Seen, second: Seen, shown: QueueHistory['shown']): string {
  const values = log.between(first, second)
  const named = values.slice(0, 4).map((value) => shown(key, value))
  return values.length > named.length ? `${named.join(', ')} and ${values.length - named.length} more` : named.join(', ')
}
