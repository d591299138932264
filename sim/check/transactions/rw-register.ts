import { addTo } from '../groups.js'
import { show } from '../show.js'
import { valueKey } from '../value-key.js'
import { anomaly, type TransactionAnomaly } from './anomaly.js'
import { addRealTimeOrder, addSessionOrder, DependencyGraph } from './dependency-graph.js'
import type { Analysis } from './list-append.js'
import { committedOf, type ValueKey, type Write, writesByKey } from './observed-writes.js'
import { keyOf, nameOf, type Transaction } from './transaction.js'
import { initial, type Version, VersionOrder } from './version-order.js'

/** What may be taken for granted of single keys, to know the order of their versions. Each is more than a level promises: say only what the system does. */
export interface RegisterAssumptions {
  /** Each key is linearizable: its versions follow real time. */
  readonly linearizableKeys?: boolean
  /** Each key is sequentially consistent: its versions follow the sessions. */
  readonly sequentialKeys?: boolean
}

/** What a transaction does with one key, as others see it. */
export interface Access {
  readonly transaction: Transaction
  /** What it read of others: before it wrote the key itself. */
  readonly read?: { readonly value: Version; readonly shown: unknown; readonly isAbsence: boolean }
  /** What it left. */
  readonly wrote?: { readonly value: ValueKey; readonly shown: unknown }
}

/**
 * Transactions over registers with unique values for each key (Elle's rw-register). A read does not show what its value replaced, so the order of versions is
 * known in part: nothing comes before the first, and who reads one version and writes another puts the second after the first.
 */
export function analyseRegisters(
  transactions: readonly Transaction[],
  assumptions: RegisterAssumptions = {},
): Analysis & { readonly accesses: ReadonlyMap<string, readonly Access[]> } {
  const writes = writesByKey(transactions, 'w')
  const committed = committedOf(transactions, writes, (transaction) => valuesRead(transaction, writes))
  const graph = new DependencyGraph(transactions)
  const anomalies = committed.flatMap((transaction) => [...internalAnomalies(transaction), ...readAnomalies(transaction, writes)])
  const accesses = new Map<string, Access[]>()
  for (const transaction of committed) {
    for (const [key, access] of accessesOf(transaction, writes)) {
      addTo(accesses, key, access)
    }
  }
  const order = orderOfTransactions(transactions, committed, assumptions)
  const isCommitted = new Set(committed)
  for (const [key, all] of accesses) {
    anomalies.push(...lostUpdates(key, all))
    const versions = versionsOf(all, order)
    const cyclic = versions.cyclic()
    if (cyclic !== undefined) {
      const shown = cyclic.map((value) => show(value === initial ? null : (writes.get(key)?.get(value)?.value ?? value)))
      const message = `the versions of key ${show(key)} go in a circle: ${[...shown, shown[0]].join(', then ')}`
      anomalies.push(anomaly('cyclic-versions', message, ...cyclic.flatMap((value) => (value === initial ? [] : (writes.get(key)?.get(value)?.writer ?? [])))))
    }
    addDependencies(graph, key, all, versions, writes.get(key) ?? new Map(), isCommitted)
  }
  return { anomalies, graph, committed, accesses }
}

const isNothing = (value: unknown): boolean => value === null || value === undefined

function* readsOf(
  transaction: Transaction,
  writes: ReadonlyMap<string, unknown>,
): Generator<{ readonly place: number; readonly key: string; readonly value: unknown; readonly isAbsence: boolean }> {
  if (!transaction.hasReads) return
  for (const [place, step] of transaction.steps.entries()) {
    if (step[0] === 'r') yield { place, key: keyOf(step[1]), value: step[2], isAbsence: false }
    if (step[0] !== 'scan') continue
    const shown = step[2] ?? {}
    for (const key of writes.keys()) if (key.startsWith(step[1] ?? '')) yield { place, key, value: shown[key] ?? null, isAbsence: !Object.hasOwn(shown, key) }
  }
}

function* valuesRead(transaction: Transaction, writes: ReadonlyMap<string, unknown>): Generator<readonly [string, unknown]> {
  for (const { key, value } of readsOf(transaction, writes)) if (!isNothing(value)) yield [key, value]
}

function accessesOf(transaction: Transaction, writes: ReadonlyMap<string, unknown>): Map<string, Access> {
  const found = new Map<string, Access>()
  const firstWrite = new Map<string, number>()
  for (const [place, step] of transaction.steps.entries()) {
    if (step[0] !== 'w') continue
    const key = keyOf(step[1])
    if (!firstWrite.has(key)) firstWrite.set(key, place)
    found.set(key, { transaction, wrote: { value: valueKey(step[2]), shown: step[2] } })
  }
  for (const { place, key, value, isAbsence } of readsOf(transaction, writes)) {
    const before = found.get(key)
    if (before?.read !== undefined || place > (firstWrite.get(key) ?? Number.POSITIVE_INFINITY)) continue
    const version: Version = isNothing(value) ? initial : valueKey(value)
    found.set(key, { transaction, ...before, read: { value: version, shown: value, isAbsence } })
  }
  return found
}

function internalAnomalies(transaction: Transaction): TransactionAnomaly[] {
  if (!transaction.hasReads) return []
  const known = new Map<string, unknown>()
  const found: TransactionAnomaly[] = []
  const laterWrites = new Map<string, ValueKey[]>()
  for (const step of transaction.steps) if (step[0] === 'w') addTo(laterWrites, keyOf(step[1]), valueKey(step[2]))
  for (const step of transaction.steps) {
    if (step[0] === 'scan') continue
    const key = keyOf(step[1])
    if (step[0] === 'r') {
      if (known.has(key) && valueKey(known.get(key) ?? null) !== valueKey(step[2] ?? null))
        found.push(
          anomaly(
            'internal',
            `${nameOf(transaction)} read ${show(step[2])} of key ${show(key)}, where its own steps ask for ${show(known.get(key))}`,
            transaction,
          ),
        )
      if (!isNothing(step[2]) && laterWrites.get(key)?.includes(valueKey(step[2])))
        found.push(anomaly('future-read', `${nameOf(transaction)} read ${show(step[2])} of key ${show(key)} before it wrote it`, transaction))
    } else {
      laterWrites.get(key)?.shift()
    }
    known.set(key, step[2])
  }
  return found
}

function readAnomalies(reader: Transaction, writes: ReadonlyMap<string, ReadonlyMap<ValueKey, Write>>): TransactionAnomaly[] {
  const found: TransactionAnomaly[] = []
  for (const { key, value } of readsOf(reader, writes)) {
    if (isNothing(value)) continue
    const write = writes.get(key)?.get(valueKey(value))
    if (write === undefined) found.push(anomaly('garbage-read', `${nameOf(reader)} read ${show(value)} of key ${show(key)}, which nobody wrote`, reader))
    else if (write.writer.fate === 'aborted')
      found.push(
        anomaly(
          'G1a',
          `${nameOf(reader)} read ${show(value)} of key ${show(key)}, and ${nameOf(write.writer)}, which wrote it, was aborted`,
          reader,
          write.writer,
        ),
      )
    else if (write.isIntermediate && write.writer !== reader)
      found.push(
        anomaly('G1b', `${nameOf(reader)} read ${show(value)} of key ${show(key)}, which ${nameOf(write.writer)} overwrote itself`, reader, write.writer),
      )
  }
  return found
}

/** Two that read the same version and wrote the next, each as if the other were not there. */
function lostUpdates(key: string, accesses: readonly Access[]): TransactionAnomaly[] {
  const byRead = new Map<Version, Access[]>()
  for (const access of accesses) {
    if (access.read === undefined || access.wrote === undefined) continue
    addTo(byRead, access.read.value, access)
  }
  return [...byRead.values()].flatMap((all) => {
    const [first, second] = all
    if (first === undefined || second === undefined) return []
    const what = `${nameOf(first.transaction)} and ${nameOf(second.transaction)} both read ${show(first.read!.shown)} of key ${show(key)}`
    const message = `${what}, and wrote ${show(first.wrote!.shown)} and ${show(second.wrote!.shown)}: one of the updates is lost`
    return [anomaly('lost-update', message, ...all.map(({ transaction }) => transaction))]
  })
}

/** Which transactions come before others, where that tells of versions. */
function orderOfTransactions(
  transactions: readonly Transaction[],
  committed: readonly Transaction[],
  { linearizableKeys, sequentialKeys }: RegisterAssumptions,
): DependencyGraph {
  const order = new DependencyGraph(transactions)
  if (sequentialKeys) addSessionOrder(order, committed)
  if (linearizableKeys) addRealTimeOrder(order, committed)
  return order
}

function versionsOf(accesses: readonly Access[], order: DependencyGraph): VersionOrder {
  const versions = new VersionOrder()
  const byTransaction = new Map(accesses.map((access) => [access.transaction.index, access]))
  for (const { read, wrote } of accesses) {
    if (read !== undefined && read.value !== initial) versions.add(initial, read.value)
    if (wrote !== undefined) versions.add(read?.value ?? initial, wrote.value)
  }
  for (const { transaction, read, wrote } of accesses) {
    const last = wrote?.value ?? read!.value
    for (const later of firstToTouch(order, transaction.index, byTransaction)) {
      const next = later.read?.value ?? later.wrote!.value
      if (next !== last) versions.add(last, next)
    }
  }
  return versions
}

/** The next after a transaction that touch the key, past those that do not. */
function firstToTouch(order: DependencyGraph, from: number, byTransaction: ReadonlyMap<number, Access>): Access[] {
  const found: Access[] = []
  const met = new Set<number>()
  const queue = order.out(from).map(({ to }) => to)
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (met.has(at)) continue
    met.add(at)
    const access = byTransaction.get(at)
    if (access !== undefined) found.push(access)
    else for (const { to } of order.out(at)) queue.push(to)
  }
  return found
}

function addDependencies(
  graph: DependencyGraph,
  key: string,
  accesses: readonly Access[],
  versions: VersionOrder,
  writes: ReadonlyMap<ValueKey, Write>,
  committed: ReadonlySet<Transaction>,
): void {
  const where = `key ${show(key)}`
  const writerOf = (value: Version): Write | undefined => (value === initial ? undefined : writes.get(value))
  for (const { transaction, read } of accesses) {
    if (read === undefined) continue
    const write = writerOf(read.value)
    if (write !== undefined && committed.has(write.writer))
      graph.add({
        kind: 'wr',
        from: write.writer.index,
        to: transaction.index,
        why: (from, to) => `${to} read ${show(write.value)} of ${where}, which ${from} had written`,
      })
    for (const after of versions.after(read.value)) {
      const next = writerOf(after)
      if (next === undefined || !committed.has(next.writer)) continue
      const saw = read.isAbsence ? `found no ${where}` : `read ${show(read.shown)} of ${where}`
      const why = (from: string, to: string) => `${from} ${saw}, which ${to} replaced with ${show(next.value)}`
      graph.add({ kind: 'rw', from: transaction.index, to: next.writer.index, predicate: read.isAbsence, why })
    }
  }
  for (const { transaction, wrote } of accesses) {
    if (wrote === undefined) continue
    for (const after of versions.after(wrote.value)) {
      const next = writerOf(after)
      if (next === undefined || !committed.has(next.writer)) continue
      graph.add({
        kind: 'ww',
        from: transaction.index,
        to: next.writer.index,
        why: (from, to) => `${to} replaced ${from}'s ${show(wrote.shown)} of ${where} with ${show(next.value)}, or a version after it`,
      })
    }
  }
}
