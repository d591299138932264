import { checkBankTotals } from '../counts/bank-totals.js'
import { counterDialect, growSetDialect, uniqueIdsDialect } from '../counts/count-dialects.js'
import { checkCounter } from '../counts/counter.js'
import type { Finding } from '../counts/finding.js'
import { checkGrowSet } from '../counts/grow-set.js'
import { checkUniqueIds } from '../counts/unique-ids.js'
import { HistoryError } from '../history/history-error.js'
import type { Dialect } from '../history/history-event.js'
import type { History, OperationRecord } from '../history.js'
import { checkLinearizable } from '../linearizability/linearizable.js'
import { modelDialects } from '../linearizability/model-dialects.js'
import { type ModelName, models, type SequentialModel } from '../linearizability/models.js'
import type { SearchBudget } from '../linearizability/search-in-turns.js'
import { checkQueue, type QueueOptions } from '../queue/check-queue.js'
import { queueDialect } from '../queue/queue-dialect.js'
import { checkSequential } from '../sessions/sequential.js'
import { checkSessions, type SessionGuarantee, sessionGuarantees } from '../sessions/session-guarantees.js'
import { checkTransactions, levelNamed, type TransactionModel } from '../transactions/check-transactions.js'
import { isolationLevels } from '../transactions/isolation-levels.js'
import { transactionDialect } from '../transactions/transaction-dialect.js'

export interface JudgeOptions extends SearchBudget, Pick<QueueOptions, 'subscribeBy' | 'writeOrder'> {
  /**
   * What the history is held to. Of the models of objects: `linearizable` (when not given), `sequential`, or `sessions` or one of its guarantees, for registers
   * and maps. Of transactions: an isolation level, `strict-serializable` when not given. Of a grow-set: `linearizable` (when not given) or `eventual`.
   */
  readonly consistency?: string
}

export interface JudgedHistory {
  /** `unknown`: the budget ended before it was decided. */
  readonly verdict: 'yes' | 'no' | 'unknown'
  readonly operations: number
  /** What was asked: `linearizable (kv)`. */
  readonly asked: string
  /** What is wrong first, in words. */
  readonly message?: string
  /** Where it shows. */
  readonly at?: OperationRecord<unknown, unknown>
  /** The longest prefix that an order explains, in that order. */
  readonly prefix?: History<unknown, unknown>
  /** Operations that were open at the break. */
  readonly open?: History<unknown, unknown>
  /** All that was found, by name. */
  readonly anomalies?: readonly { readonly name: string; readonly message: string }[]
  /** Of transactions: isolation levels that the history contradicts. */
  readonly brokenLevels?: readonly string[]
  readonly steps?: number
}

/** How histories of a model are read, and judged. */
export interface HistoryModel {
  readonly what: string
  readonly dialect: Dialect<never, never>
  /** For the labels of a picture; data when there is none. */
  readonly model?: SequentialModel<never, unknown>
  readonly consistencies: readonly string[]
  judge(history: History<never, never>, options: JudgeOptions): Omit<JudgedHistory, 'operations' | 'asked'>
}

/** Judges a history by a model's name. Throws `HistoryError` for an unknown model or consistency, or a history that is none of the model's. */
export function judgeHistory(name: string, history: History<unknown, unknown>, options: JudgeOptions = {}): JudgedHistory {
  const model = historyModel(name)
  const { consistency = model.consistencies[0]! } = options
  if (!model.consistencies.includes(consistency))
    throw new HistoryError(`a history of ${name} is not judged as '${consistency}': there are ${model.consistencies.join(', ')}`)
  return { operations: history.length, asked: `${consistency} (${name})`, ...model.judge(history as History<never, never>, { ...options, consistency }) }
}

export function historyModel(name: string): HistoryModel {
  const model = historyModels.get(name)
  if (model === undefined) throw new HistoryError(`no model is named '${name}': there are ${[...historyModels.keys()].join(', ')}`)
  return model
}

const whats: Readonly<Record<ModelName, string>> = {
  register: 'one register: read, write',
  'cas-register': 'one register: read, write, cas',
  kv: 'a map: get, put, append, delete, cas',
  queue: 'queues: enqueue, dequeue',
  set: 'a set: add, remove, contains, read',
  log: 'a log: append, read, tail',
  lock: 'locks: acquire, release',
  bank: 'accounts: transfer, read',
}

/** All models, by name. */
export const historyModels: ReadonlyMap<string, HistoryModel> = new Map<string, HistoryModel>([
  ...Object.keys(models).map((name): [string, HistoryModel] => [name, objectModel(name as ModelName)]),
  ['list-append', transactionModel('list-append', 'transactions over lists: append, r, scan')],
  ['rw-register', transactionModel('rw-register', 'transactions over registers: w, r, scan')],
  [
    'kafka',
    {
      what: "partitioned logs, as Jepsen's Kafka workload has them: send, poll, txn, assign, subscribe",
      dialect: queueDialect as unknown as Dialect<never, never>,
      consistencies: ['log'],
      judge(history, options) {
        const { verdict, anomalies } = checkQueue(history, options)
        return {
          verdict,
          ...found(
            anomalies.map(({ name, message, events }) => ({ name, message, record: events.at(-1)?.record })),
            verdict === 'no',
          ),
        }
      },
    },
  ],
  [
    'grow-set',
    countModel('a set that only grows: add, read', growSetDialect, ['linearizable', 'eventual'], (history, consistency) =>
      checkGrowSet(history, { linearizable: consistency === 'linearizable' }),
    ),
  ],
  ['counter', countModel('a counter: add, read', counterDialect, ['bounds'], (history) => checkCounter(history))],
  ['unique-ids', countModel('identifiers: generate', uniqueIdsDialect, ['unique'], (history) => checkUniqueIds(history))],
  ['bank-totals', countModel('the totals of accounts: transfer, read', modelDialects.bank, ['totals'], (history) => checkBankTotals(history))],
])

function objectModel(name: ModelName): HistoryModel {
  const model = models[name]() as SequentialModel<never, unknown>
  const hasSessions = name === 'register' || name === 'kv'
  return {
    what: whats[name],
    dialect: modelDialects[name] as unknown as Dialect<never, never>,
    model,
    consistencies: ['linearizable', 'sequential', ...(hasSessions ? ['sessions', ...sessionGuarantees] : [])],
    judge(history, { consistency, ...budget }) {
      if (consistency === 'sequential') return sequential(model, history, budget)
      if (consistency !== 'linearizable') {
        const guarantees = consistency === 'sessions' ? sessionGuarantees : [consistency as SessionGuarantee]
        const findings = checkSessions(history, guarantees)
        return { verdict: findings.length === 0 ? 'yes' : 'no', ...found(findings, true) }
      }
      const result = checkLinearizable(model, history, budget)
      if (result.verdict === 'yes') return { verdict: 'yes', steps: result.steps }
      const { verdict, steps, message, at, prefix, open } = result
      return { verdict, steps, message, at, prefix, open }
    },
  }
}

function sequential(
  model: SequentialModel<never, unknown>,
  history: History<never, unknown>,
  budget: SearchBudget,
): Omit<JudgedHistory, 'operations' | 'asked'> {
  const { verdict, steps, prefix, stuck } = checkSequential(model, history, budget.maxSteps === undefined ? {} : { maxSteps: budget.maxSteps })
  if (verdict === 'yes') return { verdict, steps }
  const at = stuck[0]
  const told = stuck.map((record) => `client-${record.client} ${model.tell(record.op, record.outcome.kind === 'ok' ? record.outcome : { kind: 'unknown' })}`)
  const message = `${verdict === 'no' ? 'no order of all operations that keeps the order of each client explains the answers' : `undecided after ${steps} steps`}; after the longest found, what is left begins with: ${told.join('; ')}`
  return { verdict, steps, message, prefix, open: stuck, ...(at === undefined ? {} : { at }) }
}

function transactionModel(name: TransactionModel, what: string): HistoryModel {
  return {
    what,
    dialect: transactionDialect as unknown as Dialect<never, never>,
    consistencies: ['strict-serializable', ...isolationLevels.filter((level) => level !== 'strict-serializable')],
    judge(history, { consistency = 'strict-serializable' }) {
      const { verdict, anomalies, broken } = checkTransactions(name, history, { level: levelNamed(consistency) })
      const all = anomalies.map(({ name: anomaly, message, transactions }) => ({ name: anomaly, message, record: transactions.at(-1)?.record }))
      return { verdict, ...found(all, verdict === 'no'), brokenLevels: broken }
    },
  }
}

function countModel<Op>(
  what: string,
  dialect: Dialect<Op, unknown>,
  consistencies: readonly string[],
  check: (history: History<Op, unknown>, consistency: string) => readonly Finding[],
): HistoryModel {
  return {
    what,
    dialect: dialect as unknown as Dialect<never, never>,
    consistencies,
    judge(history, { consistency = consistencies[0]! }) {
      const findings = check(history as unknown as History<Op, unknown>, consistency)
      return { verdict: findings.length === 0 ? 'yes' : 'no', ...found(findings, true) }
    },
  }
}

function found(
  anomalies: readonly { readonly name: string; readonly message: string; readonly record: OperationRecord<unknown, unknown> | undefined }[],
  isFault: boolean,
): Pick<JudgedHistory, 'message' | 'at' | 'anomalies'> {
  const [first] = anomalies
  const shown = anomalies.map(({ name, message }) => ({ name, message }))
  if (first === undefined || !isFault) return { anomalies: shown }
  return { message: `${first.name}: ${first.message}`, ...(first.record === undefined ? {} : { at: first.record }), anomalies: shown }
}
