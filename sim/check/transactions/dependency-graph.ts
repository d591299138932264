import type { Transaction } from './transaction.js'

/**
 * `ww`: the second overwrites what the first wrote. `wr`: the second reads what the first wrote. `rw`: the second overwrites what the first read.
 * `process`: the second follows the first in its session. `realtime`: the second began after the first had ended.
 */
export type DependencyKind = 'ww' | 'wr' | 'rw' | 'process' | 'realtime'

export interface Dependency {
  readonly kind: DependencyKind
  readonly from: number
  readonly to: number
  /** Of an `rw`: what was read is that there was nothing. */
  readonly predicate?: boolean
  /** Why, in words, with names for the two. */
  readonly why: (from: string, to: string) => string
}

/** What transactions of a history depend on each other, and how. */
export class DependencyGraph {
  readonly #out = new Map<number, Dependency[]>()
  readonly #known = new Set<string>()

  constructor(readonly transactions: readonly Transaction[]) {}

  /** No transaction depends on itself; of several reasons of one kind the first is kept. */
  add(dependency: Dependency): void {
    const { from, to, kind, predicate = false } = dependency
    const name = `${from} ${to} ${kind} ${predicate}`
    if (from === to || this.#known.has(name)) return
    this.#known.add(name)
    const out = this.#out.get(from)
    if (out === undefined) this.#out.set(from, [dependency])
    else out.push(dependency)
  }

  out(from: number): readonly Dependency[] {
    return this.#out.get(from) ?? []
  }

  /** Sets of two and more transactions that all depend on each other through these kinds, by their first member. */
  components(kinds: ReadonlySet<DependencyKind>): number[][] {
    // Tarjan's algorithm, with a stack of its own: histories are longer than call stacks are deep.
    const numbers = new Map<number, number>()
    const lowest = new Map<number, number>()
    const onStack = new Set<number>()
    const stack: number[] = []
    const found: number[][] = []
    for (const { index: root } of this.transactions) {
      if (numbers.has(root)) continue
      const work: { readonly node: number; readonly out: readonly Dependency[]; next: number }[] = []
      const enter = (node: number): void => {
        numbers.set(node, numbers.size)
        lowest.set(node, numbers.get(node)!)
        stack.push(node)
        onStack.add(node)
        work.push({ node, out: this.out(node), next: 0 })
      }
      enter(root)
      for (let top = work.at(-1); top !== undefined; top = work.at(-1)) {
        const edge = top.out[top.next++]
        if (edge !== undefined) {
          if (!kinds.has(edge.kind)) continue
          if (!numbers.has(edge.to)) enter(edge.to)
          else if (onStack.has(edge.to)) lowest.set(top.node, Math.min(lowest.get(top.node)!, numbers.get(edge.to)!))
          continue
        }
        work.pop()
        const parent = work.at(-1)
        if (parent !== undefined) lowest.set(parent.node, Math.min(lowest.get(parent.node)!, lowest.get(top.node)!))
        if (lowest.get(top.node) !== numbers.get(top.node)) continue
        const members = stack.splice(stack.indexOf(top.node))
        for (const member of members) onStack.delete(member)
        if (members.length > 1) found.push(members.sort((a, b) => a - b))
      }
    }
    return found.sort((a, b) => a[0]! - b[0]!)
  }
}

/** What follows in a session. A transaction that was never answered may end at any later time: nothing follows it for certain. */
export function addSessionOrder(graph: DependencyGraph, committed: readonly Transaction[]): void {
  const last = new Map<number, Transaction>()
  for (const transaction of committed) {
    const { client, index } = transaction
    const before = last.get(client)
    if (before !== undefined)
      graph.add({ kind: 'process', from: before.index, to: index, why: (from, to) => `${to} follows ${from} in the session of client-${client}` })
    if (transaction.completedAt !== Number.POSITIVE_INFINITY) last.set(client, transaction)
  }
}

/** What began after another had ended; only what does not follow from the rest. */
export function addRealTimeOrder(graph: DependencyGraph, committed: readonly Transaction[]): void {
  const events = committed.flatMap((transaction) => [
    { at: transaction.invokedAt, transaction, begins: true },
    ...(transaction.completedAt === Number.POSITIVE_INFINITY ? [] : [{ at: transaction.completedAt, transaction, begins: false }]),
  ])
  // At one step a client's transaction ends before its next begins: they stand in the history's order, an invocation before its completion.
  events.sort((a, b) => a.at - b.at || a.transaction.index - b.transaction.index)
  /** Ended, and not before another that has ended. */
  let ended: Transaction[] = []
  const before = new Map<Transaction, readonly Transaction[]>()
  for (const { transaction, begins } of events) {
    if (begins) {
      before.set(transaction, ended)
      for (const one of ended)
        graph.add({
          kind: 'realtime',
          from: one.index,
          to: transaction.index,
          why: (from, to) => `${to} began at ${seconds(transaction.record.invokedAt)}, after ${from} had ended at ${seconds(one.record.completedAt!)}`,
        })
    } else {
      const passed = new Set(before.get(transaction))
      ended = [...ended.filter((one) => !passed.has(one)), transaction]
    }
  }
}

const seconds = (nanos: number): string => `${(nanos / 1e9).toFixed(6)} s`
