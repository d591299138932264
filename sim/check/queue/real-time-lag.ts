import type { QueueEvent } from './queue-operation.js'

/** How long a poll was at least behind its log. */
export interface Lag {
  readonly client: number
  readonly key: string
  /** When the poll began, in nanoseconds. */
  readonly at: number
  readonly nanos: number
}

/**
 * The lag of a poll is the time since the last value that its client has seen of a key was the last of the log for certain: until the next was acknowledged, or
 * polled by anyone. Conservative: the true lag may be longer.
 */
export function lags(events: readonly QueueEvent[]): Lag[] {
  /** By key and offset: from when on it was not the end of the log any more that the offset before it was. */
  const expired = new Map<string, number[]>()
  for (const event of events) {
    if (event.type === 'fail' || event.record.completedAt === null) continue
    for (const { key, seen } of event.steps) {
      const times = expired.get(key) ?? []
      expired.set(key, times)
      for (let offset = seen.offset ?? -1; offset >= 0 && times[offset] === undefined; offset--) times[offset] = event.record.completedAt
    }
  }
  const found: Lag[] = []
  const positions = new Map<number, Map<string, number>>()
  for (const event of events) {
    if (event.type !== 'ok') continue
    const { client, invokedAt } = event.record
    const offsets = positions.get(client) ?? new Map<string, number>()
    positions.set(client, offsets)
    if (event.f === 'subscribe') offsets.clear()
    if (event.f === 'assign') {
      const kept = new Map(event.keys.map((key) => [key, offsets.get(key) ?? -1]))
      positions.set(client, kept)
    }
    if (event.f !== 'poll' && event.f !== 'txn') continue
    for (const { key, seen } of event.steps) if (seen.offset !== undefined) offsets.set(key, Math.max(offsets.get(key) ?? -1, seen.offset))
    for (const [key, offset] of offsets) {
      const since = expired.get(key)?.[offset + 1] ?? Number.POSITIVE_INFINITY
      found.push({ client, key, at: invokedAt, nanos: Math.max(0, invokedAt - since) })
    }
  }
  return found
}

/** The first of the longest. */
export function worstLag(events: readonly QueueEvent[]): Lag | undefined {
  let worst: Lag | undefined
  for (const lag of lags(events)) if (worst === undefined || lag.nanos > worst.nanos) worst = lag
  return worst
}
