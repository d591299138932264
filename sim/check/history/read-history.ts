import type { OperationRecord } from '../history.js'
import { HistoryError } from './history-error.js'
import { type Dialect, type HistoryEvent, recordsOf } from './history-event.js'
import { eventsFromEdn } from './jepsen-edn.js'
import { eventsFromLog, isOperationLine } from './jepsen-log.js'
import { readJsonLines } from './json-lines.js'

export const historyFormats = ['json', 'edn', 'log'] as const
/** `json`: JSON lines, or an array, of records or of events. `edn`: Jepsen's history. `log`: the lines of Jepsen's log that tell of operations. */
export type HistoryFormat = (typeof historyFormats)[number]

/** A history from a text. The dialect says what events mean; records are taken as they are. Throws `HistoryError`. */
export function readHistory<Op, Result>(text: string, dialect: Dialect<Op, Result>, format = formatOf(text)): OperationRecord<Op, Result>[] {
  if (format !== 'json') return recordsOf(format === 'edn' ? eventsFromEdn(text) : eventsFromLog(text), dialect)
  const read = readJsonLines(text)
  return read.kind === 'records' ? (read.records as OperationRecord<Op, Result>[]) : recordsOf(read.events, dialect)
}

/** Which format a text has, by its beginning. Throws `HistoryError` when it looks like none. */
export function formatOf(text: string): HistoryFormat {
  const start = text.replace(/^\uFEFF/, '').trimStart()
  if (start === '') return 'json'
  if (/^(\{\s*"|\[\s*(\{\s*"|\]))/.test(start)) return 'json'
  if (/^([{[(]|#[a-zA-Z_]|;)/.test(start)) return 'edn'
  if (text.split('\n', 10_000).some(isOperationLine)) return 'log'
  throw new HistoryError("neither JSON lines, nor EDN, nor Jepsen's log", 1)
}

/** Any event as it is: what is done with its value and its other fields, and the value that was answered. For own judges, and for histories that are only looked at. */
export const plainDialect: Dialect<PlainOperation, unknown> = {
  read({ f, value, more: { client: _, ...more } }, completion) {
    const op = { f, value, ...more }
    if (completion === undefined) return { op, outcome: { kind: 'unknown' } }
    const error = completion.error === undefined ? undefined : typeof completion.error === 'string' ? completion.error : JSON.stringify(completion.error)
    if (completion.type === 'ok') return { op, outcome: { kind: 'ok', result: completion.value } }
    if (completion.type === 'fail') return { op, outcome: { kind: 'fail', error: error ?? '', seen: completion.value } }
    return { op, outcome: { kind: 'unknown', ...(error === undefined ? {} : { error }), seen: completion.value } }
  },
  write({ f, value, ...more }, outcome) {
    if (outcome.kind === 'ok') return { f, value, more, answer: { type: 'ok', value: outcome.result } }
    const type = outcome.kind === 'fail' ? 'fail' : 'info'
    const error = outcome.error === undefined || outcome.error === '' ? {} : { error: outcome.error }
    return { f, value, more, answer: { type, value: outcome.seen ?? value, ...error } }
  },
}

export interface PlainOperation {
  readonly f: string
  readonly value?: unknown
  readonly [field: string]: unknown
}

export type { HistoryEvent }
