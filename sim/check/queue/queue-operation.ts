import { addTo } from '../groups.js'
import { HistoryError } from '../history/history-error.js'
import type { OperationRecord } from '../history.js'
import type { Key } from '../linearizability/models.js'
import { show } from '../show.js'
import { valueKey } from '../value-key.js'
import { LogValue, LogValues, type ValueKey } from './log-value.js'

/**
 * What clients of partitioned logs do, after Jepsen's Kafka workload (`jepsen.tests.kafka`). A key is one partition of one topic. `send`, `poll` and `txn` are
 * transactions of sends alone, of polls alone, of both; `assign` and `subscribe` say what a client polls from then on.
 */
export type QueueOperation =
  | { readonly f: 'send' | 'poll' | 'txn'; readonly value: readonly AskedStep[] }
  | { readonly f: 'assign'; readonly value: readonly Key[] }
  | { readonly f: 'subscribe'; readonly value: readonly Key[] }
  | { readonly f: 'crash' }

export type AskedStep = readonly ['send', Key, unknown] | readonly ['poll']

/** What was done: a send has an offset, or null where it is not known; a poll shows offsets and values of each key. */
export type DoneStep =
  | readonly ['send', Key, readonly [number | null, unknown]]
  | readonly ['poll', Readonly<Record<string, readonly (readonly [number | null, unknown])[]>>]

export interface QueueAnswer {
  readonly steps: readonly DoneStep[]
  /** Keys that the client lost or got while it was at work: its position in them is no longer what it was. */
  readonly rebalanced?: readonly Key[]
}
export type QueueRecord = OperationRecord<QueueOperation, QueueAnswer>

/** One value at its offset, as it was sent or polled. */
export class Seen {
  /** Not for all to see: it leads back to operations, and an anomaly's are plain data that can be written down. */
  readonly #known: LogValue

  constructor(
    readonly offset: number | undefined,
    readonly value: ValueKey,
    readonly shown: unknown,
    known: LogValue,
  ) {
    this.#known = known
  }

  /** What else is known of the value. */
  get known(): LogValue {
    return this.#known
  }
}

/** An operation that ended, or never did, with what it sent and polled of each key. */
export interface QueueEvent {
  readonly record: QueueRecord
  readonly type: 'ok' | 'fail' | 'info'
  readonly f: QueueOperation['f']
  readonly sent: ReadonlyMap<string, readonly Seen[]>
  readonly polled: ReadonlyMap<string, readonly Seen[]>
  /** In the order of the steps. */
  readonly steps: readonly { readonly f: 'send' | 'poll'; readonly key: string; readonly seen: Seen }[]
  readonly rebalanced: ReadonlySet<string>
  /** Of assign and subscribe. */
  readonly keys: readonly string[]
}

/** Keys are compared as texts: an object of polls has no others. */
export const keyText = (key: Key): string => (typeof key === 'string' && key.startsWith(':') ? key.slice(1) : String(key))

/** Ordered by when operations ended; those that never did come last, in the order of their beginnings. Throws `HistoryError`. */
export function queueEvents(history: readonly QueueRecord[]): QueueEvent[] {
  const ended = history.map((record, index) => ({ record, index, at: record.completedAtStep ?? Number.POSITIVE_INFINITY }))
  ended.sort((a, b) => (a.at === b.at ? a.index - b.index : a.at - b.at))
  const values = new LogValues()
  return ended.map(({ record }) => eventOf(record, values))
}

function eventOf(record: QueueRecord, values: LogValues): QueueEvent {
  const { op, outcome } = record
  const type = outcome.kind === 'ok' ? 'ok' : outcome.kind === 'fail' ? 'fail' : 'info'
  const answer = outcome.kind === 'ok' ? outcome.result : outcome.seen
  const sent = new Map<string, Seen[]>()
  const polled = new Map<string, Seen[]>()
  const steps: { f: 'send' | 'poll'; key: string; seen: Seen }[] = []
  if (op.f === 'send' || op.f === 'poll' || op.f === 'txn') {
    for (const step of answer?.steps ?? op.value.map(unanswered)) {
      if (step[0] === 'send') {
        const key = keyText(step[1])
        const seen = seenOf(step[2], values.of(key))
        addTo(sent, key, seen)
        steps.push({ f: 'send', key, seen })
      } else if (step[0] === 'poll') {
        for (const [name, pairs] of Object.entries(step[1] ?? {})) {
          const key = keyText(name)
          const known = values.of(key)
          for (const pair of pairs) {
            const seen = seenOf(pair, known)
            addTo(polled, key, seen)
            steps.push({ f: 'poll', key, seen })
          }
        }
      } else throw new HistoryError(`${show(step)} is no step: there are send and poll`)
    }
  }
  const keys = op.f === 'assign' || op.f === 'subscribe' ? op.value.map(keyText) : []
  return { record, type, f: op.f, sent, polled, steps, rebalanced: new Set((answer?.rebalanced ?? []).map(keyText)), keys }
}

function unanswered(step: AskedStep): DoneStep {
  return step[0] === 'poll' ? ['poll', {}] : ['send', step[1], [null, step[2]]]
}

function seenOf([offset, shown]: readonly [number | null, unknown], values: Map<ValueKey, LogValue>): Seen {
  const value = valueKey(shown)
  let known = values.get(value)
  if (known === undefined) {
    known = new LogValue(value)
    values.set(value, known)
  }
  return new Seen(offset ?? undefined, value, shown, known)
}
