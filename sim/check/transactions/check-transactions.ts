import { HistoryError } from '../history/history-error.js'
import type { History, Judge } from '../history.js'
import { anomaly, type TransactionAnomaly } from './anomaly.js'
import { type Cycle, findCycles } from './cycle-search.js'
import { addRealTimeOrder, addSessionOrder, type DependencyGraph, type DependencyKind } from './dependency-graph.js'
import { brokenLevels, type IsolationLevel, isolationLevels, rulesOut } from './isolation-levels.js'
import { analyseListAppend } from './list-append.js'
import { type Access, analyseRegisters, type RegisterAssumptions } from './rw-register.js'
import { searchSerialOrder } from './serial-order.js'
import { nameOf, type TransactionOp, type TransactionResult, transactionsOf } from './transaction.js'

export type TransactionModel = 'list-append' | 'rw-register'

export interface TransactionOptions extends RegisterAssumptions {
  /** `strict-serializable` when not given. */
  readonly level?: IsolationLevel
  /** Dependencies that the search for cycles looks at before the answer is `unknown`: 50 million when not given. */
  readonly maxSteps?: number
}

export interface TransactionVerdict {
  /** `yes`: no anomaly that the level rules out was found. `unknown`: none, but the search was given up. */
  readonly verdict: 'yes' | 'no' | 'unknown'
  readonly level: IsolationLevel
  /** All that were found, those that the level rules out first. */
  readonly anomalies: readonly TransactionAnomaly[]
  /** Levels that the history contradicts, from weak to strong. */
  readonly broken: readonly IsolationLevel[]
}

/**
 * Looks for anomalies as Elle does (Kingsbury and Alvaro, "Elle: Inferring Isolation Anomalies from Experimental Observations", 2020): what transactions read
 * tells who depends on whom, and a cycle of dependencies is what no isolation level beyond a certain one allows. Each anomaly found is one for certain; where
 * nothing is found, the history does not contradict the level as far as its reads tell.
 */
export function checkTransactions(
  model: TransactionModel,
  history: History<TransactionOp, TransactionResult>,
  { level = 'strict-serializable', maxSteps = 50_000_000, ...assumptions }: TransactionOptions = {},
): TransactionVerdict {
  const transactions = transactionsOf(history, model === 'list-append' ? 'append' : 'w')
  const registers = model === 'rw-register' ? analyseRegisters(transactions, assumptions) : undefined
  const { anomalies: plain, graph, committed } = registers ?? analyseListAppend(transactions)
  addSessionOrder(graph, committed)
  addRealTimeOrder(graph, committed)
  const { cycles, isComplete } = findCycles(graph, maxSteps)
  const found = [...plain, ...cycles.map((cycle) => told(cycle, graph))]
  if (registers !== undefined) found.push(...withoutSerialOrder(level, found, registers.accesses, graph))
  const isRuledOut = (one: TransactionAnomaly): boolean => rulesOut(level, one)
  const anomalies = [...found.filter(isRuledOut), ...found.filter((one) => !isRuledOut(one))]
  const verdict = found.some(isRuledOut) ? 'no' : isComplete ? 'yes' : 'unknown'
  return { verdict, level, anomalies, broken: brokenLevels(found) }
}

/**
 * A judge for workloads of transactions.
 *
 * @example
 * workload({ …, judge: transactional('list-append', { level: 'serializable' }) })
 */
export function transactional(model: TransactionModel, options: TransactionOptions = {}): Judge<TransactionOp, TransactionResult> {
  return (history) => {
    const { verdict, level, anomalies } = checkTransactions(model, history, options)
    if (verdict === 'yes') return undefined
    const [first] = anomalies
    if (verdict === 'unknown' || first === undefined) return `the search for cycles of transactions was given up: level ${level} is undecided`
    const last = first.transactions.reduce((a, b) => (b.completedAt > a.completedAt ? b : a))
    return { check: `not ${level} (${first.name})`, message: first.message, record: last.record }
  }
}

/**
 * Where registers show no cycle, their versions' order is still known in part alone: then orders of the transactions are tried, as far as a bound. Of a
 * history too long for that, nothing is said.
 */
function withoutSerialOrder(
  level: IsolationLevel,
  found: readonly TransactionAnomaly[],
  accesses: ReadonlyMap<string, readonly Access[]>,
  graph: DependencyGraph,
): TransactionAnomaly[] {
  const orders = { '': [], '-process': ['process'], '-realtime': ['process', 'realtime'] } as const
  for (const [ordering, kinds] of Object.entries(orders) as [keyof typeof orders, readonly DependencyKind[]][]) {
    const name = `no-serial-order${ordering}` as const
    if (!rulesOut(level, { name, predicate: false }) || found.some((one) => rulesOut(level, one))) return []
    if (searchSerialOrder(accesses, graph, new Set<DependencyKind>(['ww', 'wr', 'rw', ...kinds]), serialOrderSteps) !== 'no') continue
    const kept = ordering === '' ? '' : ordering === '-process' ? ' that keeps the order of sessions' : ' that keeps real time'
    return [anomaly(name, `no order of the ${graph.transactions.length} transactions${kept} explains what they read: all were tried`, ...graph.transactions)]
  }
  return []
}

/** Half a second or so; what is not settled by then would take far longer. */
const serialOrderSteps = 300_000

/** The level of this name. Throws `HistoryError`. */
export function levelNamed(name: string): IsolationLevel {
  const level = isolationLevels.find((one) => one === name)
  if (level === undefined) throw new HistoryError(`no isolation level is named '${name}': there are ${isolationLevels.join(', ')}`)
  return level
}

/** A cycle in words: who stands before whom, and why that cannot be. */
function told({ name, predicate, steps }: Cycle, { transactions }: DependencyGraph): TransactionAnomaly {
  const taking = steps.map(({ from }) => transactions[from]!)
  const short = (index: number): string => `T${index}`
  const reasons = steps.map(({ from, to, why }) => `${short(from)} < ${short(to)}, because ${why(short(from), short(to))}`)
  const circle = [...steps.map(({ from }) => short(from)), short(steps[0]!.from)].join(' < ')
  const where = taking.map((transaction) => `${nameOf(transaction)} ${JSON.stringify(transaction.steps)}`).join('; ')
  return { name, message: `${circle}, which cannot be: ${reasons.join('; ')}. Here ${where}`, transactions: taking, predicate }
}
