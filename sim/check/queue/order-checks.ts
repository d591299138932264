import type { LogOrder } from './log-order.js'
import { nameOf, type QueueAnomaly, type QueueAnomalyName } from './queue-anomaly.js'
import type { QueueHistory } from './queue-history.js'
import type { QueueEvent, Seen } from './queue-operation.js'

/** Within one transaction: polls, and sends, of a key should be neighbours in its log, one after the other. */
export function internalOrder({ events, logs }: QueueHistory): QueueAnomaly[] {
  const found: QueueAnomaly[] = []
  for (const event of events) {
    for (const [key, values] of event.polled) {
      // Where keys are given and taken away, positions are not what they were.
      if (!event.rebalanced.has(key)) addStrayPairs(found, key, logs.get(key), values, event, 'polled', 'int-poll-skip', 'int-nonmonotonic-poll')
    }
    for (const [key, values] of event.sent) addStrayPairs(found, key, logs.get(key), values, event, 'sent', 'int-send-skip', 'int-nonmonotonic-send')
  }
  return found
}

/** What of the values does not follow the one before it. */
function addStrayPairs(
  found: QueueAnomaly[],
  key: string,
  log: LogOrder | undefined,
  values: readonly Seen[],
  event: QueueEvent,
  did: string,
  skip: QueueAnomalyName,
  back: QueueAnomalyName,
): void {
  if (log === undefined) return
  for (let i = 1; i < values.length; i++) {
    const first = values[i - 1]!
    const second = values[i]!
    const distance = log.distance(first, second)
    if (distance === 1) continue
    const what = `${nameOf(event)} ${did} ${first.known.text} and then ${second.known.text} of key ${key}`
    if (distance < 1) found.push({ name: back, key, message: `${what}, which ${backwards(distance)}`, events: [event] })
    else found.push({ name: skip, key, message: `${what}, and left out ${leftOut(log, first, second)} in between`, events: [event] })
  }
}

/** From one poll of a client to its next: it should go on where it was. Only an answered poll moves the position; all are looked at. */
export function pollOrder({ events, logs }: QueueHistory): QueueAnomaly[] {
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
        if (distance === 1) continue
        const what = `${nameOf(event)} begins with ${to.known.text} of key ${key}, after ${nameOf(before)} ended with ${from.known.text}`
        if (distance > 1) found.push({ name: 'poll-skip', key, message: `${what}, and left out ${leftOut(log, from, to)}`, events: [before, event] })
        else found.push({ name: 'nonmonotonic-poll', key, message: `${what}, which ${backwards(distance)}`, events: [before, event] })
      }
    }
    if (event.type === 'ok') for (const key of event.polled.keys()) last.set(key, event)
  }
  return found
}

/** From one send of a client to its next: values should be in the order in which they were sent. */
export function sendOrder({ events, logs }: QueueHistory): QueueAnomaly[] {
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
        const message = `${nameOf(event)} sent ${to.known.text} to key ${key} after ${nameOf(before)} had sent ${from!.known.text}, which ${backwards(distance, 'comes later in the log')}`
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

function leftOut(log: LogOrder, first: Seen, second: Seen): string {
  const values = log.between(first, second)
  const named = values.slice(0, 4).map(({ text }) => text)
  return values.length > named.length ? `${named.join(', ')} and ${values.length - named.length} more` : named.join(', ')
}
