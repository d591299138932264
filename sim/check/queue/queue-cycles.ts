import { findCycles } from '../transactions/cycle-search.js'
import { addRealTimeOrder, addSessionOrder, DependencyGraph } from '../transactions/dependency-graph.js'
import type { Transaction } from '../transactions/transaction.js'
import type { QueueAnomaly } from './queue-anomaly.js'
import type { QueueHistory } from './queue-history.js'
import type { QueueEvent } from './queue-operation.js'

/**
 * Transactions that each come before the other: who polls a value comes after who sent it and, with `writeOrder`, values come in the order of their offsets.
 * Logs do not isolate sends from each other, so the latter finds what a log may do.
 */
export function queueCycles(
  { events, logs, sent, polled }: QueueHistory,
  writeOrder: boolean,
  maxSteps: number,
): { anomalies: QueueAnomaly[]; isComplete: boolean } {
  const inOrder = events
    .filter(({ type, f }) => type !== 'fail' && (f === 'send' || f === 'poll' || f === 'txn'))
    .sort((a, b) => a.record.invokedAtStep - b.record.invokedAtStep)
  const transactions = inOrder.map((event, index) => transactionOf(event, index))
  const indexOf = new Map(inOrder.map((event, index) => [event, index]))
  const graph = new DependencyGraph(transactions)
  for (const [key, values] of polled) {
    for (const value of values) {
      const writer = value.writer && indexOf.get(value.writer)
      if (writer === undefined) continue
      for (const reader of value.readers) {
        const to = indexOf.get(reader)
        if (to !== undefined) graph.add({ kind: 'wr', from: writer, to, why: (a, b) => `${b} polled ${value.text} of key ${key}, which ${a} had sent` })
      }
    }
  }
  if (writeOrder) {
    for (const [key, log] of logs) {
      for (const value of sent.get(key) ?? []) {
        const before = log.before(value)
        const writer = before?.writer && indexOf.get(before.writer)
        const to = indexOf.get(value.writer!)
        if (before === undefined || writer === undefined || to === undefined) continue
        graph.add({ kind: 'ww', from: writer, to, why: (a, b) => `${a} sent ${before.text} to key ${key} before ${b}'s ${value.text}` })
      }
    }
  }
  // What is in doubt takes part in the order of sessions and of time only as far as it is known to have happened: at its beginning.
  addSessionOrder(graph, transactions)
  addRealTimeOrder(graph, transactions)
  const { cycles, isComplete } = findCycles(graph, maxSteps)
  const anomalies = cycles.map(({ name, steps }): QueueAnomaly => {
    const short = (index: number): string => `T${index}`
    const reasons = steps.map(({ from, to, why }) => `${short(from)} < ${short(to)}, because ${why(short(from), short(to))}`)
    const circle = [...steps.map(({ from }) => short(from)), short(steps[0]!.from)].join(' < ')
    return { name, key: '', message: `${circle}, which cannot be: ${reasons.join('; ')}`, events: steps.map(({ from }) => inOrder[from]!) }
  })
  return { anomalies, isComplete }
}

function transactionOf({ record, type }: QueueEvent, index: number): Transaction {
  return {
    index,
    // The graph and its orders look at times and clients alone.
    record: { ...record, op: { f: 'txn', value: [] }, outcome: { kind: 'unknown' } },
    client: record.client,
    fate: type === 'ok' ? 'committed' : 'unknown',
    steps: [],
    hasReads: false,
    invokedAt: record.invokedAtStep,
    completedAt: type === 'ok' ? record.completedAtStep! : Number.POSITIVE_INFINITY,
  }
}
