import type { Judge } from '../history.js'
import { abortedReads, duplicates, garbageReads, inconsistentOffsets, lostWrites, precommittedReads, unseen } from './log-checks.js'
import { internalOrder, pollOrder, sendOrder } from './order-checks.js'
import type { QueueAnomaly, QueueAnomalyName } from './queue-anomaly.js'
import { queueCycles } from './queue-cycles.js'
import { type QueueHistory, queueHistory } from './queue-history.js'
import type { QueueAnswer, QueueOperation, QueueRecord } from './queue-operation.js'
import { type Lag, worstLag } from './real-time-lag.js'

export interface QueueOptions {
  /** How clients come by keys; with `subscribe`, keys move between clients at any time, and a client's polls may skip and go back. `assign` when not given. */
  readonly subscribeBy?: 'assign' | 'subscribe'
  /** Whether the order of sends makes transactions depend on each other; then G0 and G1c are looked for, and allowed. False when not given. */
  readonly writeOrder?: boolean
  /** Anomalies that are allowed, beyond those that Jepsen's workload allows. */
  readonly allowed?: readonly QueueAnomalyName[]
  /** Checks that are not made, for histories that cannot show anything by them. */
  readonly without?: readonly ('cycles' | 'unseen')[]
  /** Dependencies that the search for cycles looks at before the answer is `unknown`: 50 million when not given. */
  readonly maxSteps?: number
}

export interface QueueVerdict {
  readonly verdict: 'yes' | 'no' | 'unknown'
  /** All that were found, those that are not allowed first. */
  readonly anomalies: readonly QueueAnomaly[]
  /** The names of those that are not allowed, in the order of the alphabet. */
  readonly bad: readonly QueueAnomalyName[]
  /** The longest time that a poll was behind what had been acknowledged before it began. */
  readonly worstLag: Lag | undefined
}

/** Jepsen's checks of its Kafka workload, in full. */
export function checkQueue(history: readonly QueueRecord[], options: QueueOptions = {}): QueueVerdict {
  const all = queueHistory(history)
  return { ...queueVerdict(all, options), worstLag: worstLag(all.events) }
}

/** All but the lag, which is no fault. */
function queueVerdict(all: QueueHistory, options: QueueOptions): Omit<QueueVerdict, 'worstLag'> {
  const { writeOrder = false, maxSteps = 50_000_000, without = [] } = options
  const cycles = without.includes('cycles') ? { anomalies: [], isComplete: true } : queueCycles(all, writeOrder, maxSteps)
  const found = [
    ...inconsistentOffsets(all),
    ...duplicates(all),
    ...abortedReads(all),
    ...garbageReads(all),
    ...precommittedReads(all),
    ...lostWrites(all),
    ...pollOrder(all),
    ...sendOrder(all),
    ...internalOrder(all),
    ...cycles.anomalies,
    ...(without.includes('unseen') ? [] : unseen(all)),
  ]
  const allowed = allowedNames(options)
  const isBad = ({ name }: QueueAnomaly): boolean => !allowed.has(name)
  const bad = [...new Set(found.filter(isBad).map(({ name }) => name))].sort()
  return {
    verdict: bad.length > 0 ? 'no' : cycles.isComplete ? 'yes' : 'unknown',
    anomalies: [...found.filter(isBad), ...found.filter((one) => !isBad(one))],
    bad,
  }
}

/** What a judge says first of a history of sends and polls: its fault, or why it is in doubt. */
export function queueFault(history: readonly QueueRecord[], options: QueueOptions): QueueAnomaly | string | undefined {
  const { verdict, anomalies } = queueVerdict(queueHistory(history), options)
  if (verdict === 'yes') return undefined
  const [first] = anomalies
  return verdict === 'unknown' || first === undefined ? 'the search for cycles of transactions was given up' : first
}

/**
 * A judge for workloads of sends and polls.
 *
 * @example
 * workload({ …, judge: partitionedLog({ subscribeBy: 'assign' }) })
 */
export function partitionedLog(options: QueueOptions = {}): Judge<QueueOperation, QueueAnswer> {
  return (history) => {
    const fault = queueFault(history, options)
    if (fault === undefined || typeof fault === 'string') return fault
    return { check: `history (${fault.name})`, message: fault.message, record: fault.events.at(-1)!.record }
  }
}

/** Transactions of a log are not isolated from each other: what one sends stands between what another sends. */
function allowedNames({ subscribeBy, writeOrder, allowed = [] }: QueueOptions): ReadonlySet<QueueAnomalyName> {
  const names: QueueAnomalyName[] = ['int-send-skip', 'G0', 'G0-process', 'G0-realtime', ...allowed]
  if (subscribeBy === 'subscribe') names.push('poll-skip', 'nonmonotonic-poll')
  if (writeOrder) names.push('G1c', 'G1c-process', 'G1c-realtime')
  return new Set(names)
}
