import type { DependencyGraph, DependencyKind } from './dependency-graph.js'
import type { Access } from './rw-register.js'
import { initial, type Version } from './version-order.js'

/**
 * Looks for an order of register transactions in which each reads what the one before wrote, and which keeps the dependencies of these kinds: `no` when all
 * orders were tried, `unknown` when the steps ran out.
 */
export function searchSerialOrder(
  accesses: ReadonlyMap<string, readonly Access[]>,
  graph: DependencyGraph,
  kinds: ReadonlySet<DependencyKind>,
  maxSteps: number,
): 'yes' | 'no' | 'unknown' {
  return new SerialOrderSearch(accesses, graph, kinds, maxSteps).run()
}

const maxKept = 50_000_000

interface Node {
  readonly reads: { readonly key: number; readonly version: Version }[]
  readonly writes: { readonly key: number; readonly version: Version }[]
  readonly after: number[]
  /** How many that must come before it are not placed. */
  waitsFor: number
  isPlaced: boolean
}

class SerialOrderSearch {
  readonly #nodes: Node[] = []
  readonly #state: Version[] = []
  /** By key and version: readers that are not placed. A version that some still have to read must not be replaced. */
  readonly #readers: Map<Version, number>[] = []
  readonly #failed = new Set<string>()
  #steps = 0
  /** Characters of the keys of failed places. */
  #kept = 0

  constructor(
    accesses: ReadonlyMap<string, readonly Access[]>,
    graph: DependencyGraph,
    kinds: ReadonlySet<DependencyKind>,
    readonly maxSteps: number,
  ) {
    const places = new Map<number, number>()
    const indices = [...new Set([...accesses.values()].flatMap((all) => all.map(({ transaction }) => transaction.index)))].sort((a, b) => a - b)
    for (const index of indices) places.set(index, this.#nodes.push({ reads: [], writes: [], after: [], waitsFor: 0, isPlaced: false }) - 1)
    for (const all of accesses.values()) {
      const key = this.#state.push(initial) - 1
      const readers = new Map<Version, number>()
      this.#readers.push(readers)
      for (const { transaction, read, wrote } of all) {
        const node = this.#nodes[places.get(transaction.index)!]!
        if (read !== undefined) {
          node.reads.push({ key, version: read.value })
          readers.set(read.value, (readers.get(read.value) ?? 0) + 1)
        }
        if (wrote !== undefined) node.writes.push({ key, version: wrote.value })
      }
    }
    for (const index of indices) {
      for (const { to, kind } of graph.out(index)) {
        const place = places.get(to)
        if (!kinds.has(kind) || place === undefined) continue
        this.#nodes[places.get(index)!]!.after.push(place)
        this.#nodes[place]!.waitsFor++
      }
    }
  }

  run(): 'yes' | 'no' | 'unknown' {
    // A stack of its own: histories are longer than call stacks are deep.
    const path: { readonly place: number; readonly replaced: readonly Version[] }[] = []
    let next = 0
    for (;;) {
      if (path.length === this.#nodes.length) return 'yes'
      if (this.#steps > this.maxSteps || this.#kept > maxKept) return 'unknown'
      const place = this.#candidate(next)
      if (place !== undefined) {
        path.push({ place, replaced: this.#place(this.#nodes[place]!) })
        next = this.#failed.size > 0 && this.#failed.has(this.#key()) ? this.#nodes.length : 0
        continue
      }
      const key = this.#key()
      this.#failed.add(key)
      this.#kept += key.length
      const last = path.pop()
      if (last === undefined) return 'no'
      this.#undo(this.#nodes[last.place]!, last.replaced)
      next = last.place + 1
    }
  }

  #candidate(from: number): number | undefined {
    for (let place = from; place < this.#nodes.length; place++) {
      const node = this.#nodes[place]!
      if (node.isPlaced || node.waitsFor > 0) continue
      this.#steps++
      if (!node.reads.every(({ key, version }) => this.#state[key] === version)) continue
      const own = new Map(node.reads.map(({ key, version }) => [key, version]))
      const isFree = node.writes.every(({ key }) => {
        const current = this.#state[key]!
        return (this.#readers[key]!.get(current) ?? 0) === (own.has(key) ? 1 : 0)
      })
      if (isFree) return place
    }
    return undefined
  }

  #place(node: Node): Version[] {
    node.isPlaced = true
    for (const { key, version } of node.reads) this.#readers[key]!.set(version, this.#readers[key]!.get(version)! - 1)
    for (const place of node.after) this.#nodes[place]!.waitsFor--
    return node.writes.map(({ key, version }) => {
      const before = this.#state[key]!
      this.#state[key] = version
      return before
    })
  }

  #undo(node: Node, replaced: readonly Version[]): void {
    node.isPlaced = false
    for (const { key, version } of node.reads) this.#readers[key]!.set(version, this.#readers[key]!.get(version)! + 1)
    for (const place of node.after) this.#nodes[place]!.waitsFor++
    for (const [i, { key }] of node.writes.entries()) this.#state[key] = replaced[i]!
  }

  #key(): string {
    const placed = this.#nodes.map(({ isPlaced }) => (isPlaced ? '1' : '0')).join('')
    return `${placed} ${this.#state.map((version) => (version === initial ? '' : `${typeof version}${String(version)}`)).join('\u0001')}`
  }
}
