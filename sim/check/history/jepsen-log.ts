import { EdnReader } from './edn-reader.js'
import { bare } from './event-fields.js'
import { HistoryError } from './history-error.js'
import type { EventType, HistoryEvent } from './history-event.js'

/** `INFO  jepsen.util - 3	:ok	:read	nil`: process, type, what is done, its value, and an error. */
const operationLine = /(?:^|-\s+)(\d+)\s+:(invoke|ok|fail|info)\s+:(\S+)\s+(\S.*)$/

/** Whether a line is one of Jepsen's log that tells of an operation. */
export const isOperationLine = (line: string): boolean => operationLine.test(line)

/** Reads the operations from Jepsen's log (`jepsen.log`); all other lines are left out. */
export function eventsFromLog(text: string): HistoryEvent[] {
  const events: HistoryEvent[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const fields = operationLine.exec(line)
    if (fields === null) continue
    const [, process, type, f, rest] = fields as unknown as [string, string, EventType, string, string]
    const [value, error] = formsOf(rest, index + 1)
    // A read that timed out shows its error where its value would be.
    const isError = error === undefined && type !== 'invoke' && type !== 'ok' && typeof value === 'string' && value.startsWith(':')
    events.push({
      process: Number(process),
      type,
      f: bare(f),
      value: isError ? null : value,
      ...(isError ? { error: bare(value) } : error === undefined ? {} : { error }),
      more: {},
      line: index + 1,
    })
  }
  return events
}

function formsOf(text: string, line: number): unknown[] {
  try {
    const reader = new EdnReader(text)
    const forms: unknown[] = []
    while (reader.hasNext()) forms.push(reader.next())
    return forms
  } catch (error) {
    if (error instanceof HistoryError) throw new HistoryError(error.message.replace(/^line \d+: /, ''), line)
    throw error
  }
}
