import { EdnReader } from './edn-reader.js'
import { ednText } from './edn-text.js'
import { eventFromFields, fieldsOfEvent } from './event-fields.js'
import { HistoryError } from './history-error.js'
import type { HistoryEvent } from './history-event.js'

/** Reads a history as Jepsen writes it (`history.edn`): a map for each event, one after another or in one vector. Events of its nemesis are left out. */
export function eventsFromEdn(text: string): HistoryEvent[] {
  const reader = new EdnReader(text)
  const events: HistoryEvent[] = []
  const take = (form: unknown, line: number): void => {
    if (typeof form !== 'object' || form === null || Array.isArray(form)) throw new HistoryError('an event is a map, {:process 0, :type :invoke, …}', line)
    const event = eventFromFields(form as Record<string, unknown>, line)
    if (event !== undefined) events.push(event)
  }
  while (reader.hasNext()) {
    const { line } = reader
    const form = reader.next()
    if (Array.isArray(form)) for (const one of form) take(one, line)
    else take(form, line)
  }
  return events
}

/** One event a line. */
export function ednOfEvents(events: readonly HistoryEvent[]): string {
  return events.map((event, index) => `${eventText(event, index)}\n`).join('')
}

function eventText(event: HistoryEvent, index: number): string {
  const fields = fieldsOfEvent(event, index)
  // Where they are, so that a reader finds them where Jepsen has them.
  return ednText({ ...fields, type: `:${event.type}`, f: `:${event.f}` })
}
