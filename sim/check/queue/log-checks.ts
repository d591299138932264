import { addTo } from '../groups.js'
import type { LogOrder } from './log-order.js'
import { nameOf, type QueueAnomaly } from './queue-anomaly.js'
import type { QueueHistory } from './queue-history.js'
import type { QueueEvent, ValueKey } from './queue-operation.js'

/** Two values at one offset. */
export function inconsistentOffsets({ logs, shown, ...history }: QueueHistory): QueueAnomaly[] {
  return [...logs].flatMap(([key, log]) =>
    log.entries.flatMap(({ offset, values }): QueueAnomaly[] => {
      if (values.length < 2) return []
      const message = `offset ${offset} of key ${key} holds ${values.map((value) => shown(key, value)).join(' and ')}`
      return [{ name: 'inconsistent-offsets', key, message, events: whoShows(history, key, values) }]
    }),
  )
}

/** One value at two offsets. */
export function duplicates({ logs, shown, ...history }: QueueHistory): QueueAnomaly[] {
  return [...logs].flatMap(([key, log]) => {
    const offsets = new Map<ValueKey, number[]>()
    for (const { offset, values } of log.entries) for (const value of values) addTo(offsets, value, offset)
    return [...offsets].flatMap(([value, at]): QueueAnomaly[] => {
      if (at.length < 2) return []
      const message = `${shown(key, value)} is at the offsets ${at.join(' and ')} of key ${key}`
      return [{ name: 'duplicate', key, message, events: whoShows(history, key, [value]) }]
    })
  })
}

function whoShows({ writers, readers }: Pick<QueueHistory, 'writers' | 'readers'>, key: string, values: readonly ValueKey[]): QueueEvent[] {
  const all = values.flatMap((value) => [
    ...(writers.get(key)?.has(value) ? [writers.get(key)!.get(value)!] : []),
    ...(readers.get(key)?.get(value) ?? []).slice(0, 1),
  ])
  return [...new Set(all)]
}

/** A committed poll shows what a failed transaction had sent. */
export function abortedReads({ events, writers, shown }: QueueHistory): QueueAnomaly[] {
  return events
    .filter(({ type }) => type === 'ok')
    .flatMap((reader) =>
      [...reader.polled].flatMap(([key, values]) =>
        values.flatMap(({ value }): QueueAnomaly[] => {
          const writer = writers.get(key)?.get(value)
          if (writer?.type !== 'fail') return []
          return [
            {
              name: 'G1a',
              key,
              message: `${nameOf(reader)} shows ${shown(key, value)} of key ${key}, and ${nameOf(writer)}, which sent it, failed`,
              events: [writer, reader],
            },
          ]
        }),
      ),
    )
}

/** A poll shows what nobody sent. */
export function garbageReads({ readers, writers, shown }: QueueHistory): QueueAnomaly[] {
  return [...readers].flatMap(([key, values]) =>
    [...values].flatMap(([value, by]): QueueAnomaly[] => {
      if (writers.get(key)?.has(value)) return []
      return [{ name: 'garbage-read', key, message: `${nameOf(by[0]!)} shows ${shown(key, value)} of key ${key}, which nobody sent`, events: by.slice(0, 1) }]
    }),
  )
}

/** A transaction shows what it sent itself: nobody may see that before it commits. */
export function precommittedReads({ events, shown }: QueueHistory): QueueAnomaly[] {
  return events.flatMap((event) =>
    [...event.sent].flatMap(([key, values]): QueueAnomaly[] => {
      const polled = new Set(event.polled.get(key)?.map(({ value }) => value))
      const own = values.find(({ value }) => polled.has(value))
      if (own === undefined) return []
      return [
        {
          name: 'precommitted-read',
          key,
          message: `${nameOf(event)} polled ${shown(key, own.value)} of key ${key}, which it had sent itself and not committed`,
          events: [event],
        },
      ]
    }),
  )
}

const isPolled = (by: readonly QueueEvent[] | undefined): boolean => by?.some(({ type }) => type === 'ok') ?? false

/** How far a log was polled for certain: of what was polled, the highest of the first places; -1 when nothing was. */
function lastPolled(log: LogOrder | undefined, readers: ReadonlyMap<ValueKey, readonly QueueEvent[]> | undefined): number {
  let bound = -1
  for (const [value, by] of readers ?? []) if (isPolled(by)) bound = Math.max(bound, log?.firstIndex.get(value) ?? -1)
  return bound
}

/**
 * What was acknowledged below the highest value that was polled, and polled by nobody. A value may have been seen at several offsets, and an offset with
 * several values: the bound is the highest of the first places of what was polled, and what must have been polled is what was seen last below it.
 */
export function lostWrites({ logs, writers, readers, shown, hasCommitted }: QueueHistory): QueueAnomaly[] {
  return [...logs].flatMap(([key, log]) => {
    const polled = new Set([...(readers.get(key) ?? [])].filter(([, by]) => isPolled(by)).map(([value]) => value))
    const bound = lastPolled(log, readers.get(key))
    const highest = [...polled].find((value) => log.firstIndex.get(value) === bound)
    return [...log.lastIndex].flatMap(([value, last]): QueueAnomaly[] => {
      const writer = writers.get(key)?.get(value)
      if (last > bound || polled.has(value) || writer === undefined || !hasCommitted(writer)) return []
      const reader = readers
        .get(key)!
        .get(highest!)!
        .find(({ type }) => type === 'ok')!
      const message = `${shown(key, value)}, which ${nameOf(writer)} sent to key ${key}, was never polled, and ${nameOf(reader)} shows ${shown(key, highest!)}, which comes after it`
      return [{ name: 'lost-write', key, message, events: [writer, reader] }]
    })
  })
}

/** What was acknowledged, not lost for certain, and polled by nobody until the end. */
export function unseen({ events, writers, readers, shown, logs }: QueueHistory): QueueAnomaly[] {
  const lastPoll = events.findLast(({ type, polled, f }) => type === 'ok' && (f === 'poll' || polled.size > 0))
  return [...writers].flatMap(([key, values]) => {
    const bound = lastPolled(logs.get(key), readers.get(key))
    const isLost = (value: ValueKey): boolean => (logs.get(key)?.lastIndex.get(value) ?? Number.POSITIVE_INFINITY) <= bound
    const missing = [...values].filter(([value, { type }]) => type === 'ok' && !isPolled(readers.get(key)?.get(value)) && !isLost(value))
    const [first] = missing
    if (first === undefined) return []
    const rest = missing.length === 1 ? '' : `, and ${missing.length - 1} more`
    const message = `${shown(key, first[0])}, which ${nameOf(first[1])} sent to key ${key}${rest}, was polled by nobody until the end`
    return [{ name: 'unseen' as const, key, message, events: lastPoll === undefined ? [first[1]] : [first[1], lastPoll] }]
  })
}
