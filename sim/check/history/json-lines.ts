import * as v from 'valibot'
import type { OperationRecord } from '../history.js'
import { eventFromFields, fieldsOfEvent } from './event-fields.js'
import { HistoryError } from './history-error.js'
import type { HistoryEvent } from './history-event.js'
import { jsonText, valueOfJson } from './json-values.js'

/** A history as text, one operation a line: the records as they are. */
export function historyToJsonLines(history: readonly OperationRecord<unknown, unknown>[]): string {
  return history
    .map(({ client, op, invokedAtStep, completedAtStep, invokedAt, completedAt, outcome }) => {
      return `${jsonText({ client, op, invokedAtStep, completedAtStep, invokedAt, completedAt, outcome })}\n`
    })
    .join('')
}

/** One event a line, with the fields of Jepsen's: `{"process":0,"type":"invoke","f":"read","value":null}`. */
export function jsonLinesOfEvents(events: readonly HistoryEvent[]): string {
  return events.map((event, index) => `${jsonText(fieldsOfEvent(event, index))}\n`).join('')
}

/** What lines of JSON hold: records (each has an `op`), or events (each has a `type`), or one array of either. */
export type JsonHistory =
  | { readonly kind: 'records'; readonly records: OperationRecord<unknown, unknown>[] }
  | { readonly kind: 'events'; readonly events: HistoryEvent[] }

/** Throws `HistoryError`. */
export function readJsonLines(text: string): JsonHistory {
  const lines = objectsOf(text)
  const isOfEvents = lines[0] !== undefined && 'type' in lines[0].fields
  if (!isOfEvents) return { kind: 'records', records: inOrder(lines.map(({ fields, line }) => recordOf(fields, line))) }
  const events = lines.map(({ fields, line }) => eventFromFields(fields, line))
  return { kind: 'events', events: events.filter((event) => event !== undefined) }
}

interface Line {
  readonly fields: Record<string, unknown>
  readonly line: number
}

function objectsOf(text: string): Line[] {
  if (text.trimStart().startsWith('[')) {
    const all = parsed(text, undefined)
    if (!Array.isArray(all)) throw new HistoryError('a history in JSON is an array, or one object a line', 1)
    return all.map((one: unknown, index) => ({ fields: asObject(one, index + 1), line: index + 1 }))
  }
  const lines: Line[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() !== '') lines.push({ fields: asObject(parsed(line, index + 1), index + 1), line: index + 1 })
  }
  return lines
}

function parsed(text: string, line: number | undefined): unknown {
  try {
    return valueOfJson(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw new HistoryError(`no JSON: ${error.message}`, line)
    throw error
  }
}

function asObject(value: unknown, line: number): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new HistoryError('a line of a history is an object', line)
  return value as Record<string, unknown>
}

const step = v.pipe(v.number(), v.integer())
const recordSchema = v.object({
  client: v.pipe(v.number(), v.integer(), v.minValue(0)),
  op: v.unknown(),
  invokedAtStep: v.optional(step),
  completedAtStep: v.optional(v.nullable(step)),
  invokedAt: v.optional(v.number()),
  completedAt: v.optional(v.nullable(v.number())),
  outcome: v.variant('kind', [
    v.object({ kind: v.literal('ok'), result: v.optional(v.unknown()) }),
    v.object({ kind: v.literal('fail'), error: v.optional(v.string(), ''), seen: v.optional(v.unknown()) }),
    v.object({ kind: v.literal('unknown'), error: v.optional(v.string()), seen: v.optional(v.unknown()) }),
  ]),
})
type ReadRecord = v.InferOutput<typeof recordSchema> & { readonly line: number }

function recordOf(fields: Record<string, unknown>, line: number): ReadRecord {
  if (!('op' in fields)) throw new HistoryError("neither an operation, with 'client', 'op' and 'outcome', nor an event, with 'process', 'type' and 'f'", line)
  const read = v.safeParse(recordSchema, fields)
  if (!read.success) {
    const [issue] = read.issues
    throw new HistoryError(`${v.getDotPath(issue) ?? 'the operation'}: ${issue.message}`, line)
  }
  if (read.output.invokedAtStep === undefined && read.output.invokedAt === undefined)
    throw new HistoryError("an operation says when it began: 'invokedAtStep', or 'invokedAt' in nanoseconds", line)
  return { ...read.output, line }
}

/** Records by invocation. Where steps are not given, places in time take their part; at one time, invocations come first: what touches, overlaps. */
function inOrder(read: readonly ReadRecord[]): OperationRecord<unknown, unknown>[] {
  const withSteps = read.every((one) => one.invokedAtStep !== undefined && (one.completedAtStep !== undefined || one.outcome.kind === 'unknown'))
  if (!withSteps) {
    const bad = read.find((one) => one.invokedAt === undefined || (one.outcome.kind !== 'unknown' && typeof one.completedAt !== 'number'))
    if (bad !== undefined) throw new HistoryError("without steps every answered operation needs 'invokedAt' and 'completedAt'", bad.line)
  }
  const rank = withSteps ? (time: number) => time : ranks(read)
  const records = read.map(({ client, op, outcome, line, ...one }) => {
    const completed = withSteps ? one.completedAtStep : one.completedAt
    const invokedAtStep = withSteps ? one.invokedAtStep! : 2 * rank(one.invokedAt!)
    const completedAtStep = completed === undefined || completed === null ? null : withSteps ? completed : 2 * rank(completed) + 1
    if (completedAtStep === null && outcome.kind !== 'unknown') throw new HistoryError(`an operation that is ${outcome.kind} was answered at some time`, line)
    if (completedAtStep !== null && completedAtStep < invokedAtStep) throw new HistoryError('an operation was answered before it began', line)
    const invokedAt = one.invokedAt ?? invokedAtStep * 1_000_000
    const completedAt = completedAtStep === null ? null : (one.completedAt ?? completedAtStep * 1_000_000)
    const known: OperationRecord<unknown, unknown>['outcome'] = outcome.kind === 'ok' ? { kind: 'ok', result: outcome.result } : outcome
    return { client, op, invokedAtStep, completedAtStep, invokedAt, completedAt, outcome: known }
  })
  return records.sort((a, b) => a.invokedAtStep - b.invokedAtStep)
}

/** Times by their place among all times of a history. */
function ranks(read: readonly ReadRecord[]): (time: number) => number {
  const times = read.flatMap(({ invokedAt, completedAt }) => (typeof completedAt === 'number' ? [invokedAt!, completedAt] : [invokedAt!]))
  const places = new Map([...new Set(times)].sort((a, b) => a - b).map((time, place) => [time, place]))
  return (time) => places.get(time)!
}
