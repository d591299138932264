import { bare } from '../history/event-fields.js'
import { HistoryError } from '../history/history-error.js'
import type { Dialect, HistoryEvent } from '../history/history-event.js'
import type { Key } from '../linearizability/models.js'
import { show } from '../show.js'
import type { AskedStep, DoneStep, QueueAnswer, QueueOperation } from './queue-operation.js'

/** Jepsen's Kafka workload: steps are `[:send k v]` and `[:poll]`, done `[:send k [offset v]]` and `[:poll {k [[offset v] …]}]`. */
export const queueDialect: Dialect<QueueOperation, QueueAnswer> = {
  read(invocation, completion) {
    const op = operationOf(invocation)
    if (completion === undefined) return { op, outcome: { kind: 'unknown' } }
    const steps = op.f === 'send' || op.f === 'poll' || op.f === 'txn' ? listOf(completion).map((step) => doneStep(step, completion)) : []
    const rebalanced = rebalancedKeys(completion)
    const answer: QueueAnswer = { steps, ...(rebalanced.length === 0 ? {} : { rebalanced }) }
    const error = completion.error === undefined ? undefined : typeof completion.error === 'string' ? completion.error : show(completion.error)
    if (completion.type === 'ok') return { op, outcome: { kind: 'ok', result: answer } }
    if (completion.type === 'fail') return { op, outcome: { kind: 'fail', error: error ?? '', seen: answer } }
    return { op, outcome: { kind: 'unknown', ...(error === undefined ? {} : { error }), seen: answer } }
  },
  write(op, outcome) {
    const asked = askedValue(op)
    const answer = outcome.kind === 'ok' ? outcome.result : outcome.seen
    const done = answer === undefined || op.f === 'assign' || op.f === 'subscribe' || op.f === 'crash' ? asked : answer.steps.map(written)
    const type = outcome.kind === 'ok' ? 'ok' : outcome.kind === 'fail' ? 'fail' : 'info'
    const error = outcome.kind !== 'ok' && outcome.error ? { error: outcome.error } : {}
    const more = answer?.rebalanced === undefined ? {} : { more: { 'rebalance-log': [{ keys: answer.rebalanced }] } }
    return { f: op.f, value: asked, answer: { type, value: done, ...error, ...more } }
  },
}

function operationOf(event: HistoryEvent): QueueOperation {
  const { f, line } = event
  switch (f) {
    case 'send':
    case 'poll':
    case 'txn':
      return { f, value: listOf(event).map((step) => askedStep(step, event)) }
    case 'assign':
    case 'subscribe':
      return { f, value: listOf(event) as Key[] }
    // Neither has anything to do with the log.
    case 'crash':
    case 'debug-topic-partitions':
      return { f: 'crash' }
    default:
      throw new HistoryError(`'${f}' is no operation of a log: there are send, poll, txn, assign, subscribe, crash`, line)
  }
}

function listOf({ value, f, line }: HistoryEvent): readonly unknown[] {
  if (!Array.isArray(value)) throw new HistoryError(`the value of ${f} is a list, not ${show(value)}`, line)
  return value
}

function askedStep(step: unknown, { line }: HistoryEvent): AskedStep {
  if (Array.isArray(step) && bare(step[0]) === 'poll') return ['poll']
  if (Array.isArray(step) && bare(step[0]) === 'send' && step.length === 3) return ['send', step[1] as Key, step[2]]
  throw new HistoryError(`${show(step)} is no step of a transaction: there are [:send key value] and [:poll]`, line)
}

function doneStep(step: unknown, event: HistoryEvent): DoneStep {
  const asked = askedStep(step, event)
  if (asked[0] === 'poll') return ['poll', ((step as unknown[])[1] ?? {}) as Record<string, never>]
  const [, key, value] = asked
  // A value that is no pair was sent, and its offset is not known.
  return Array.isArray(value) && value.length === 2 ? ['send', key, value as unknown as [number | null, unknown]] : ['send', key, [null, value]]
}

function rebalancedKeys({ more }: HistoryEvent): Key[] {
  const log = more['rebalance-log'] ?? more.rebalanced
  if (!Array.isArray(log)) return []
  return log.flatMap((one: unknown) => (typeof one === 'object' && one !== null && 'keys' in one && Array.isArray(one.keys) ? (one.keys as Key[]) : []))
}

function askedValue(op: QueueOperation): unknown {
  if (op.f === 'crash') return null
  return op.f === 'assign' || op.f === 'subscribe' ? op.value : op.value.map(written)
}

const written = ([f, ...rest]: AskedStep | DoneStep): unknown => [`:${f}`, ...rest]
