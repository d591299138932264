import type { History } from '../history.js'
import { type Dialect, eventsOf } from './history-event.js'
import { ednOfEvents } from './jepsen-edn.js'
import { jsonLinesOfEvents } from './json-lines.js'

export { historyToJsonLines } from './json-lines.js'

/** A history as Jepsen would have written it, one event a line: its own checkers, Elle and Knossos read it. */
export function historyToEdn<Op, Result>(history: History<Op, Result>, dialect: Dialect<Op, Result>): string {
  return ednOfEvents(eventsOf(history, dialect))
}

/** The same events as JSON lines. */
export function historyToEventLines<Op, Result>(history: History<Op, Result>, dialect: Dialect<Op, Result>): string {
  return jsonLinesOfEvents(eventsOf(history, dialect))
}
