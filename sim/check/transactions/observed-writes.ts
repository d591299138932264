import { HistoryError } from '../history/history-error.js'
import { show } from '../show.js'
import { valueKey } from '../value-key.js'
import { keyOf, nameOf, type Transaction } from './transaction.js'

export type ValueKey = ReturnType<typeof valueKey>

export interface Write {
  readonly writer: Transaction
  readonly value: unknown
  /** Whether the writer wrote the key again. */
  readonly isIntermediate: boolean
}

/** Who wrote each value, by key. Values must be unique for each key, or no read could be told from another: throws `HistoryError`. */
export function writesByKey(transactions: readonly Transaction[], f: 'append' | 'w'): Map<string, Map<ValueKey, Write>> {
  const writes = new Map<string, Map<ValueKey, Write>>()
  for (const writer of transactions) {
    const last = new Map<string, number>()
    for (const [place, step] of writer.steps.entries()) if (step[0] === f) last.set(keyOf(step[1]), place)
    for (const [place, step] of writer.steps.entries()) {
      if (step[0] !== f) continue
      const key = keyOf(step[1])
      let values = writes.get(key)
      if (values === undefined) {
        values = new Map()
        writes.set(key, values)
      }
      const name = valueKey(step[2])
      const before = values.get(name)
      if (before !== undefined)
        throw new HistoryError(
          `${show(step[2])} is written to key ${show(key)} by ${nameOf(before.writer)} and again by ${nameOf(writer)}: values must be unique for each key`,
        )
      values.set(name, { writer, value: step[2], isIntermediate: last.get(key) !== place })
    }
  }
  return writes
}

/**
 * Transactions that have certainly committed: those that were answered so, and those of unknown outcome whose writes a committed one has read.
 * `valuesRead`: of a transaction's reads, what they show of other's writes.
 */
export function committedOf(
  transactions: readonly Transaction[],
  writes: ReadonlyMap<string, ReadonlyMap<ValueKey, Write>>,
  valuesRead: (transaction: Transaction) => Iterable<readonly [string, unknown]>,
): Transaction[] {
  const committed = new Set(transactions.filter(({ fate }) => fate === 'committed'))
  const queue = [...committed]
  for (let transaction = queue.pop(); transaction !== undefined; transaction = queue.pop()) {
    for (const [key, value] of valuesRead(transaction)) {
      const writer = writes.get(key)?.get(valueKey(value))?.writer
      if (writer === undefined || writer.fate !== 'unknown' || committed.has(writer)) continue
      committed.add(writer)
      queue.push(writer)
    }
  }
  return transactions.filter((transaction) => committed.has(transaction))
}
