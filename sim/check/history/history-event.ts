import type { OperationOutcome, OperationRecord } from '../history.js'
import { HistoryError } from './history-error.js'

/** One line of a history as Jepsen keeps it: an operation begins, or ends. */
export interface HistoryEvent {
  readonly process: number
  readonly type: EventType
  /** What is done, `read` or `txn`: without the colon of a keyword. */
  readonly f: string
  readonly value: unknown
  /** Nanoseconds since the beginning; its place in the history, as milliseconds, when not given. */
  readonly time?: number
  readonly error?: unknown
  /** Other fields, such as `key`. */
  readonly more: Readonly<Record<string, unknown>>
  /** Of the text it was read from, counted from 1. */
  readonly line?: number
}

export const eventTypes = ['invoke', 'ok', 'fail', 'info'] as const
/** `info`: nobody knows whether it happened. */
export type EventType = (typeof eventTypes)[number]

/** An operation as its events tell it; `completion` is undefined when it was never answered. */
export interface EventPair {
  readonly invocation: HistoryEvent
  readonly completion: HistoryEvent | undefined
  /** Places in the history, counted from 1. */
  readonly invokedAt: number
  readonly completedAt: number | undefined
}

/** Puts invocations and completions together, ordered by invocation. Throws `HistoryError` where a process does two things at once, or answers nothing. */
export function pairEvents(events: readonly HistoryEvent[]): EventPair[] {
  const pairs: { invocation: HistoryEvent; completion: HistoryEvent | undefined; invokedAt: number; completedAt: number | undefined }[] = []
  const open = new Map<number, (typeof pairs)[number]>()
  for (const [index, event] of events.entries()) {
    const { process, type, line } = event
    const begun = open.get(process)
    if (type === 'invoke') {
      if (begun !== undefined)
        throw new HistoryError(
          `process ${process} invokes ${event.f} while its ${begun.invocation.f} is open; end that with type info, if it was given up`,
          line,
        )
      const pair = { invocation: event, completion: undefined, invokedAt: index + 1, completedAt: undefined }
      pairs.push(pair)
      open.set(process, pair)
    } else {
      if (begun === undefined) throw new HistoryError(`process ${process} has nothing open that could be answered ${type}`, line)
      begun.completion = event
      begun.completedAt = index + 1
      open.delete(process)
    }
  }
  return pairs
}

/** How the values of events are read as operations and answers, and written as such: each model has its own. */
export interface Dialect<Op, Result> {
  /** Throws `HistoryError` for what is no operation of the model. */
  read(invocation: HistoryEvent, completion: HistoryEvent | undefined): { readonly op: Op; readonly outcome: OperationOutcome<Result> }
  write(op: Op, outcome: OperationOutcome<Result>): WrittenOperation
}

/** What an operation's events say. */
export interface WrittenOperation {
  readonly f: string
  /** Of the invocation. */
  readonly value: unknown
  readonly more?: Readonly<Record<string, unknown>>
  readonly answer: {
    readonly type: Exclude<EventType, 'invoke'>
    readonly value: unknown
    readonly error?: string
    readonly more?: Readonly<Record<string, unknown>>
  }
}

/** Records of what events tell. */
export function recordsOf<Op, Result>(events: readonly HistoryEvent[], dialect: Dialect<Op, Result>): OperationRecord<Op, Result>[] {
  return pairEvents(events).map(({ invocation, completion, invokedAt, completedAt }) => {
    const { client } = invocation.more
    return {
      client: typeof client === 'number' ? client : invocation.process,
      ...dialect.read(invocation, completion),
      invokedAtStep: invokedAt,
      invokedAt: invocation.time ?? invokedAt * 1_000_000,
      completedAtStep: completedAt ?? null,
      completedAt: completion === undefined ? null : (completion.time ?? completedAt! * 1_000_000),
    }
  })
}

/**
 * The events of records, in real time. As in Jepsen, a process whose operation has an unknown outcome is no more, and its client goes on as another
 * (`client` then tells whose it is).
 */
export function eventsOf<Op, Result>(records: readonly OperationRecord<Op, Result>[], dialect: Dialect<Op, Result>): HistoryEvent[] {
  const events: { readonly step: number; readonly index: number; readonly event: HistoryEvent }[] = []
  let processes = 1 + Math.max(-1, ...records.map(({ client }) => client))
  const processOf = new Map<number, number>()
  for (const [index, record] of records.entries()) {
    const process = processOf.get(record.client) ?? record.client
    const { f, value, more = {}, answer } = dialect.write(record.op, record.outcome)
    const who = process === record.client ? more : { ...more, client: record.client }
    events.push({ step: record.invokedAtStep, index, event: { process, type: 'invoke', f, value, time: record.invokedAt, more: who } })
    if (record.completedAtStep !== null) {
      const { type, value: answered, error, more: learnt = {} } = answer
      const time = record.completedAt ?? undefined
      events.push({ step: record.completedAtStep, index, event: { process, type, f, value: answered, time, error, more: { ...who, ...learnt } } })
    }
    if (record.outcome.kind === 'unknown') processOf.set(record.client, processes++)
  }
  // Sorting is stable, and an operation's invocation stands before its answer.
  return events.sort((a, b) => a.step - b.step || a.index - b.index).map(({ event }) => event)
}
