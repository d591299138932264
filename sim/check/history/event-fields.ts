import { HistoryError } from './history-error.js'
import { type EventType, eventTypes, type HistoryEvent } from './history-event.js'

/**
 * An event from the fields of a map; undefined when it is none of a client's (Jepsen's nemesis, whose process is no number). `index` is not kept: events
 * stand in order.
 */
export function eventFromFields(fields: Readonly<Record<string, unknown>>, line: number): HistoryEvent | undefined {
  const { process, type, f, value = null, time, error, index: _, ...more } = fields
  if (type === undefined || process === undefined) throw new HistoryError("an event has the fields 'process' and 'type'; one is missing", line)
  if (typeof process !== 'number') return undefined
  if (!Number.isSafeInteger(process) || process < 0) throw new HistoryError(`'${process}' is no number of a process`, line)
  const known = eventTypes.find((one) => one === bare(type))
  if (known === undefined) throw new HistoryError(`'${String(type)}' is no type of an event: there are ${eventTypes.join(', ')}`, line)
  if (typeof f !== 'string' || f === '') throw new HistoryError("an event's 'f' says what is done, such as 'read'", line)
  return { process, type: known, f: bare(f), value, ...timeOf(time, line), ...(error === undefined || error === null ? {} : { error }), more, line }
}

/** The fields of an event, in the order in which a reader looks for them. */
export function fieldsOfEvent({ process, type, f, value, time, error, more }: HistoryEvent, index: number): Record<string, unknown> {
  return { index, ...(time === undefined ? {} : { time }), process, type, f, ...more, value, ...(error === undefined ? {} : { error }) }
}

function timeOf(time: unknown, line: number): { time?: number } {
  if (time === undefined || time === null) return {}
  // Nanoseconds since 1970 are beyond 53 bits; what is lost is less than a microsecond.
  const nanos = typeof time === 'bigint' ? Number(time) : time
  if (typeof nanos !== 'number' || !Number.isFinite(nanos)) throw new HistoryError(`'${String(time)}' is no time in nanoseconds`, line)
  return { time: nanos }
}

/** A keyword's name. */
export const bare = <T>(word: T): T => (typeof word === 'string' && word.startsWith(':') ? (word.slice(1) as T) : word)

export const isEventType = (word: string): word is EventType => (eventTypes as readonly string[]).includes(word)
