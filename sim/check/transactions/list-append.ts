import { addTo } from '../groups.js'
import { HistoryError } from '../history/history-error.js'
import { show } from '../show.js'
import { valueKey } from '../value-key.js'
import { anomaly, type TransactionAnomaly } from './anomaly.js'
import { DependencyGraph } from './dependency-graph.js'
import { committedOf, type ValueKey, type Write, writesByKey } from './observed-writes.js'
import { keyOf, nameOf, type Transaction } from './transaction.js'

/** What a history tells of its transactions: what is wrong at once, and what depends on what. */
export interface Analysis {
  readonly anomalies: readonly TransactionAnomaly[]
  readonly graph: DependencyGraph
  readonly committed: readonly Transaction[]
}

interface ListRead {
  readonly reader: Transaction
  /** Place among the reader's steps. */
  readonly place: number
  readonly key: string
  readonly value: readonly unknown[]
  /** Of a scan that did not show the key. */
  readonly isAbsence: boolean
}

/**
 * Transactions over lists, which append unique values and read whole lists: each read shows the order of all appends before it, so that versions are known and
 * dependencies are certain (Elle's list-append). A value that was never read comes after all that were.
 */
export function analyseListAppend(transactions: readonly Transaction[]): Analysis {
  const writes = writesByKey(transactions, 'append')
  const committed = committedOf(transactions, writes, (transaction) => elementsRead(transaction))
  const reads = committed.flatMap((transaction) => readsOf(transaction, writes))
  const byKey = new Map<string, ListRead[]>()
  for (const read of reads) {
    addTo(byKey, read.key, read)
  }
  const graph = new DependencyGraph(transactions)
  const anomalies = [...committed.flatMap(internalAnomalies), ...reads.flatMap((read) => readAnomalies(read, writes))]
  const isCommitted = new Set(committed)
  for (const [key, values] of writes) {
    const { order, anomalies: found } = versionOrder(key, byKey.get(key) ?? [], values)
    anomalies.push(...found, ...dirtyUpdates(key, order, values))
    addDependencies(graph, key, order, values, byKey.get(key) ?? [], isCommitted)
  }
  return { anomalies, graph, committed }
}

function* elementsRead(transaction: Transaction): Generator<readonly [string, unknown]> {
  if (!transaction.hasReads) return
  for (const step of transaction.steps) {
    if (step[0] === 'r') for (const element of listOf(step[2], step)) yield [keyOf(step[1]), element]
    if (step[0] === 'scan') for (const [key, list] of Object.entries(step[2] ?? {})) for (const element of listOf(list, step)) yield [key, element]
  }
}

function readsOf(reader: Transaction, writes: ReadonlyMap<string, unknown>): ListRead[] {
  if (!reader.hasReads) return []
  return reader.steps.flatMap((step, place): ListRead[] => {
    if (step[0] === 'r') return [{ reader, place, key: keyOf(step[1]), value: listOf(step[2], step), isAbsence: false }]
    if (step[0] !== 'scan') return []
    const shown = step[2] ?? {}
    const prefix = step[1] ?? ''
    return [...writes.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => ({ reader, place, key, value: listOf(shown[key] ?? null, step), isAbsence: !Object.hasOwn(shown, key) }))
  })
}

function listOf(value: unknown, step: unknown): readonly unknown[] {
  if (value === null || value === undefined) return []
  if (!Array.isArray(value)) throw new HistoryError(`a read of a list shows a list, or null: ${show(step)}`)
  return value
}

/** What a transaction's own steps contradict. */
function internalAnomalies(transaction: Transaction): TransactionAnomaly[] {
  if (!transaction.hasReads) return []
  const found: TransactionAnomaly[] = []
  /** What the list of a key must end with; all of it once it was read. */
  const known = new Map<string, { readonly suffix: readonly unknown[]; readonly isWhole: boolean }>()
  const readEarlier = new Map<string, Set<ValueKey>>()
  for (const step of transaction.steps) {
    if (step[0] === 'append') {
      const key = keyOf(step[1])
      const before = known.get(key)
      if (readEarlier.get(key)?.has(valueKey(step[2])))
        found.push(anomaly('future-read', `${nameOf(transaction)} read ${show(step[2])} of key ${show(key)} before it appended it`, transaction))
      known.set(key, { suffix: [...(before?.suffix ?? []), step[2]], isWhole: before?.isWhole ?? false })
    } else if (step[0] === 'r') {
      const key = keyOf(step[1])
      const list = listOf(step[2], step)
      const before = known.get(key)
      const tail = before === undefined || before.suffix.length > list.length ? list : list.slice(list.length - before.suffix.length)
      if (before !== undefined && (!isSame(tail, before.suffix) || (before.isWhole && list.length !== before.suffix.length)))
        found.push(
          anomaly(
            'internal',
            `${nameOf(transaction)} read ${show(list)} of key ${show(key)}, where its own steps ask for ${before.isWhole ? '' : 'a list that ends with '}${show(before.suffix)}`,
            transaction,
          ),
        )
      known.set(key, { suffix: list, isWhole: true })
      const seen = readEarlier.get(key) ?? new Set()
      for (const element of list) seen.add(valueKey(element))
      readEarlier.set(key, seen)
    }
  }
  return found
}

const isSame = (a: readonly unknown[], b: readonly unknown[]): boolean => a.length === b.length && a.every((one, i) => valueKey(one) === valueKey(b[i]))

function readAnomalies({ reader, key, value }: ListRead, writes: ReadonlyMap<string, ReadonlyMap<ValueKey, Write>>): TransactionAnomaly[] {
  const found: TransactionAnomaly[] = []
  const seen = new Set<ValueKey>()
  for (const [place, element] of value.entries()) {
    const name = valueKey(element)
    if (seen.has(name)) found.push(anomaly('duplicate-elements', `${nameOf(reader)} read ${show(element)} twice in key ${show(key)}: ${show(value)}`, reader))
    seen.add(name)
    const write = writes.get(key)?.get(name)
    if (write === undefined) found.push(anomaly('garbage-read', `${nameOf(reader)} read ${show(element)} of key ${show(key)}, which nobody appended`, reader))
    else if (write.writer.fate === 'aborted')
      found.push(
        anomaly(
          'G1a',
          `${nameOf(reader)} read ${show(element)} of key ${show(key)}, and ${nameOf(write.writer)}, which appended it, was aborted`,
          reader,
          write.writer,
        ),
      )
    else if (place === value.length - 1 && write.isIntermediate && write.writer !== reader)
      found.push(
        anomaly(
          'G1b',
          `${nameOf(reader)} read key ${show(key)} up to ${show(element)}, and ${nameOf(write.writer)} appended more to it after that`,
          reader,
          write.writer,
        ),
      )
  }
  return found
}

/** The longest list that was read. */
function versionOrder(
  key: string,
  reads: readonly ListRead[],
  values: ReadonlyMap<ValueKey, Write>,
): { readonly order: readonly ValueKey[]; readonly anomalies: readonly TransactionAnomaly[] } {
  const byLength = [...reads].sort((a, b) => a.value.length - b.value.length)
  const anomalies: TransactionAnomaly[] = []
  for (const [i, longer] of byLength.entries()) {
    const shorter = byLength[i - 1]
    if (shorter === undefined || isSame(shorter.value, longer.value.slice(0, shorter.value.length))) continue
    const message = `${nameOf(shorter.reader)} read ${show(shorter.value)} of key ${show(key)}, and ${nameOf(longer.reader)} read ${show(longer.value)}: neither begins with the other`
    anomalies.push(anomaly('incompatible-order', message, shorter.reader, longer.reader))
    break
  }
  return { order: [...new Set((byLength.at(-1)?.value ?? []).map(valueKey))].filter((value) => values.has(value)), anomalies }
}

function dirtyUpdates(key: string, order: readonly ValueKey[], values: ReadonlyMap<ValueKey, Write>): TransactionAnomaly[] {
  return order.flatMap((value, i) => {
    const before = i === 0 ? undefined : values.get(order[i - 1]!)
    const after = values.get(value)!
    if (before?.writer.fate !== 'aborted' || after.writer.fate !== 'committed') return []
    const message = `${nameOf(after.writer)} appended ${show(after.value)} to key ${show(key)} after ${show(before.value)} of ${nameOf(before.writer)}, which was aborted`
    return [anomaly('dirty-update', message, before.writer, after.writer)]
  })
}

function addDependencies(
  graph: DependencyGraph,
  key: string,
  order: readonly ValueKey[],
  values: ReadonlyMap<ValueKey, Write>,
  reads: readonly ListRead[],
  committed: ReadonlySet<Transaction>,
): void {
  const inOrder = new Set(order)
  const unread = [...values].filter(([value, { writer }]) => !inOrder.has(value) && committed.has(writer)).map(([value]) => value)
  const where = `key ${show(key)}`
  /** What comes right after a version. */
  const next = (place: number): readonly ValueKey[] => (place + 1 < order.length ? [order[place + 1]!] : unread)
  for (const [place, value] of order.entries()) {
    const { writer, value: first } = values.get(value)!
    if (!committed.has(writer)) continue
    for (const after of next(place)) {
      const { writer: later, value: second } = values.get(after)!
      if (!committed.has(later)) continue
      const why = (from: string, to: string) => `${to} appended ${show(second)} to ${where} after ${from} had appended ${show(first)}`
      graph.add({ kind: 'ww', from: writer.index, to: later.index, why })
    }
  }
  const placeOf = new Map(order.map((value, place) => [value, place]))
  for (const { reader, value, isAbsence } of reads) {
    const last = value.at(-1)
    const place = last === undefined ? -1 : placeOf.get(valueKey(last))
    if (place === undefined) continue
    const writer = last === undefined ? undefined : values.get(valueKey(last))?.writer
    if (writer !== undefined && committed.has(writer))
      graph.add({ kind: 'wr', from: writer.index, to: reader.index, why: (from, to) => `${to} saw ${from}'s append of ${show(last)} to ${where}` })
    for (const after of next(place)) {
      const { writer: later, value: second } = values.get(after)!
      if (!committed.has(later)) continue
      const saw = isAbsence ? `found no ${where}, which` : last === undefined ? `found ${where} empty, which` : `did not see`
      const why = (from: string, to: string) =>
        last === undefined ? `${from} ${saw} ${to} began with ${show(second)}` : `${from} ${saw} ${to}'s append of ${show(second)} to ${where}`
      graph.add({ kind: 'rw', from: reader.index, to: later.index, predicate: isAbsence, why })
    }
  }
}
