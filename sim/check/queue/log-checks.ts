import { addTo } from '../groups.js'
import { hasCommitted } from './log-order.js'
import type { LogValue } from './log-value.js'
import { nameOf, type QueueAnomaly } from './queue-anomaly.js'
import type { QueueHistory } from './queue-history.js'
import type { QueueEvent } from './queue-operation.js'

/** Two values at one offset. */
export function inconsistentOffsets({ logs }: QueueHistory): QueueAnomaly[] {
  const found: QueueAnomaly[] = []
  for (const [key, { entries }] of logs) {
    for (const { offset, values } of entries) {
      if (values.length < 2) continue
      const message = `offset ${offset} of key ${key} holds ${values.map(({ text }) => text).join(' and ')}`
      found.push({ name: 'inconsistent-offsets', key, message, events: whoShows(values) })
    }
  }
  return found
}

/** One value at two offsets. */
export function duplicates({ logs }: QueueHistory): QueueAnomaly[] {
  const found: QueueAnomaly[] = []
  for (const [key, { entries }] of logs) {
    const offsets = new Map<LogValue, number[]>()
    for (const { offset, values } of entries) for (const value of values) if (value.firstIndex !== value.lastIndex) addTo(offsets, value, offset)
    for (const [value, at] of offsets) {
      const message = `${value.text} is at the offsets ${at.join(' and ')} of key ${key}`
      found.push({ name: 'duplicate', key, message, events: whoShows([value]) })
    }
  }
  return found
}

function whoShows(values: readonly LogValue[]): QueueEvent[] {
  return [...new Set(values.flatMap(({ writer, readers }) => [...(writer === undefined ? [] : [writer]), ...readers.slice(0, 1)]))]
}

/** A committed poll shows what a failed transaction had sent. */
export function abortedReads({ events }: QueueHistory): QueueAnomaly[] {
  const found: QueueAnomaly[] = []
  for (const reader of events) {
    if (reader.type !== 'ok') continue
    for (const [key, values] of reader.polled) {
      for (const { known } of values) {
        const { writer } = known
        if (writer?.type !== 'fail') continue
        const message = `${nameOf(reader)} shows ${known.text} of key ${key}, and ${nameOf(writer)}, which sent it, failed`
        found.push({ name: 'G1a', key, message, events: [writer, reader] })
      }
    }
  }
  return found
}

/** A poll shows what nobody sent. */
export function garbageReads({ polled }: QueueHistory): QueueAnomaly[] {
  const found: QueueAnomaly[] = []
  for (const [key, values] of polled) {
    for (const value of values) {
      if (value.writer !== undefined) continue
      const events = value.readers.slice(0, 1)
      found.push({ name: 'garbage-read', key, message: `${nameOf(events[0]!)} shows ${value.text} of key ${key}, which nobody sent`, events })
    }
  }
  return found
}

/** A transaction shows what it sent itself: nobody may see that before it commits. */
export function precommittedReads({ events }: QueueHistory): QueueAnomaly[] {
  const found: QueueAnomaly[] = []
  for (const event of events) {
    for (const [key, values] of event.sent) {
      const polled = event.polled.get(key)
      if (polled === undefined) continue
      const shown = new Set(polled.map(({ value }) => value))
      const own = values.find(({ value }) => shown.has(value))
      if (own === undefined) continue
      const message = `${nameOf(event)} polled ${own.known.text} of key ${key}, which it had sent itself and not committed`
      found.push({ name: 'precommitted-read', key, message, events: [event] })
    }
  }
  return found
}

/** How far a log was polled for certain: of what was polled, what has the highest of the first places; undefined when nothing was. */
function lastPolled(polled: readonly LogValue[] = []): LogValue | undefined {
  let last: LogValue | undefined
  for (const value of polled) if (value.isPolled && value.firstIndex > (last?.firstIndex ?? -1)) last = value
  return last
}

/**
 * What was acknowledged below the highest value that was polled, and polled by nobody. A value may have been seen at several offsets, and an offset with
 * several values: the bound is the highest of the first places of what was polled, and what must have been polled is what was seen last below it.
 */
export function lostWrites({ logs, polled }: QueueHistory): QueueAnomaly[] {
  const found: QueueAnomaly[] = []
  for (const [key, { entries }] of logs) {
    const highest = lastPolled(polled.get(key))
    if (highest === undefined) continue
    const bound = highest.firstIndex
    for (let index = 0; index <= bound; index++) {
      for (const value of entries[index]!.values) {
        const { writer, firstIndex, lastIndex, isPolled } = value
        if (isPolled || firstIndex !== index || lastIndex > bound || writer === undefined || !hasCommitted(writer)) continue
        const reader = highest.readers.find(({ type }) => type === 'ok')!
        const message = `${value.text}, which ${nameOf(writer)} sent to key ${key}, was never polled, and ${nameOf(reader)} shows ${highest.text}, which comes after it`
        found.push({ name: 'lost-write', key, message, events: [writer, reader] })
      }
    }
  }
  return found
}

/** What was acknowledged, not lost for certain, and polled by nobody until the end. */
export function unseen({ events, sent, polled }: QueueHistory): QueueAnomaly[] {
  const found: QueueAnomaly[] = []
  const lastPoll = events.findLast((event) => event.type === 'ok' && (event.f === 'poll' || event.polled.size > 0))
  for (const [key, values] of sent) {
    const bound = lastPolled(polled.get(key))?.firstIndex ?? -1
    const isLost = ({ lastIndex }: LogValue): boolean => lastIndex >= 0 && lastIndex <= bound
    const missing = values.filter((value) => value.writer!.type === 'ok' && !value.isPolled && !isLost(value))
    const [first] = missing
    if (first === undefined) continue
    const writer = first.writer!
    const rest = missing.length === 1 ? '' : `, and ${missing.length - 1} more`
    const message = `${first.text}, which ${nameOf(writer)} sent to key ${key}${rest}, was polled by nobody until the end`
    found.push({ name: 'unseen', key, message, events: lastPoll === undefined ? [writer] : [writer, lastPoll] })
  }
  return found
}
