import type { Dependency, DependencyGraph, DependencyKind } from './dependency-graph.js'

/**
 * Cycles of dependencies that an isolation level rules out, after Adya ("Weak Consistency", 1999) and Elle (Kingsbury and Alvaro, 2020):
 *
 * - G0: writes alone
 * - G1c: writes and at least one read
 * - G-single: exactly one anti-dependency (`rw`)
 * - G-nonadjacent: several, no two in a row
 * - G2-item, G2: two or more; G2 when one is from a read that there was nothing
 *
 * Each also with `-process` or `-realtime`: a cycle that closes only over the order of a session, or over that of real time.
 */
export const cycleNames = ['G0', 'G1c', 'G-single', 'G-nonadjacent', 'G2-item', 'G2'] as const
export type CycleName = (typeof cycleNames)[number]
export const orderings = ['', '-process', '-realtime'] as const
export type Ordering = (typeof orderings)[number]
export type CycleAnomaly = `${CycleName}${Ordering}`

export interface Cycle {
  readonly name: CycleAnomaly
  /** Whether a dependency of it comes from a read that there was nothing. */
  readonly predicate: boolean
  readonly steps: readonly Dependency[]
}

export interface CyclesFound {
  readonly cycles: readonly Cycle[]
  /** False when the search was given up: there may be others. */
  readonly isComplete: boolean
}

/** The smallest cycle of each sort among transactions that depend on each other; none whose sort follows from another that was found there. */
export function findCycles(graph: DependencyGraph, maxSteps: number): CyclesFound {
  const cycles: Cycle[] = []
  const budget = { left: maxSteps }
  const components = new Map(orderings.map((ordering) => [ordering, graph.components(kindsOf(ordering))]))
  for (const ordering of orderings) {
    for (const members of components.get(ordering)!) {
      const inside = new Set(members)
      for (const spec of specs) {
        const isImplied = cycles.some((one) => implies(one.name, `${spec.name}${ordering}`) && one.steps.every(({ from }) => inside.has(from)))
        if (isImplied) continue
        const steps = smallest(graph, inside, spec, ordering, budget)
        if (steps === undefined) continue
        const predicate = steps.some((step) => step.predicate)
        // A cycle of G2 that no absence takes part in is one of G2-item.
        if (spec.name === 'G2' && !predicate) continue
        cycles.push({ name: `${spec.name}${ordering}`, predicate, steps })
      }
    }
  }
  return { cycles, isComplete: budget.left > 0 }
}

interface CycleSpec {
  readonly name: CycleName
  /** Every such cycle has a dependency of this kind: where the search starts. */
  readonly first: DependencyKind
  readonly kinds: ReadonlySet<DependencyKind>
  /** Of an `rw` beyond the first. */
  readonly moreRw: 'none' | 'apart' | 'any'
  readonly onlyItems?: boolean
}

const specs: readonly CycleSpec[] = [
  { name: 'G0', first: 'ww', kinds: new Set(['ww']), moreRw: 'none' },
  { name: 'G1c', first: 'wr', kinds: new Set(['ww', 'wr']), moreRw: 'none' },
  { name: 'G-single', first: 'rw', kinds: new Set(['ww', 'wr']), moreRw: 'none' },
  { name: 'G-nonadjacent', first: 'rw', kinds: new Set(['ww', 'wr', 'rw']), moreRw: 'apart' },
  { name: 'G2-item', first: 'rw', kinds: new Set(['ww', 'wr', 'rw']), moreRw: 'any', onlyItems: true },
  { name: 'G2', first: 'rw', kinds: new Set(['ww', 'wr', 'rw']), moreRw: 'any' },
]

/** Session order is part of real time. */
function kindsOf(ordering: Ordering): ReadonlySet<DependencyKind> {
  const data: DependencyKind[] = ['ww', 'wr', 'rw']
  if (ordering === '') return new Set(data)
  return new Set<DependencyKind>(ordering === '-process' ? [...data, 'process'] : [...data, 'process', 'realtime'])
}

/** What is also there wherever the key is. */
const implied: Readonly<Record<CycleName, readonly CycleName[]>> = {
  G0: ['G1c'],
  G1c: [],
  'G-single': ['G-nonadjacent', 'G2-item', 'G2'],
  'G-nonadjacent': ['G2-item', 'G2'],
  'G2-item': ['G2'],
  G2: [],
}

function implies(found: CycleAnomaly, other: CycleAnomaly): boolean {
  const [name, ordering] = split(found)
  const [otherName, otherOrdering] = split(other)
  if (orderings.indexOf(ordering) > orderings.indexOf(otherOrdering)) return false
  return name === otherName || implied[name].includes(otherName)
}

export function split(anomaly: CycleAnomaly): [CycleName, Ordering] {
  const ordering = orderings.find((one) => one !== '' && anomaly.endsWith(one)) ?? ''
  return [anomaly.slice(0, anomaly.length - ordering.length) as CycleName, ordering]
}

const lastWasRw = 1
const hadAnotherRw = 2
const hadOrdering = 4

/** Breadth first from the end of each first dependency back to its beginning. */
function smallest(
  graph: DependencyGraph,
  inside: ReadonlySet<number>,
  spec: CycleSpec,
  ordering: Ordering,
  budget: { left: number },
): readonly Dependency[] | undefined {
  let best: readonly Dependency[] | undefined
  for (const start of inside) {
    for (const first of graph.out(start)) {
      if (first.kind !== spec.first || !inside.has(first.to) || (spec.onlyItems && first.predicate)) continue
      const found = shortestBack(graph, inside, spec, ordering, first, (best?.length ?? Number.POSITIVE_INFINITY) - 1, budget)
      if (found !== undefined) best = found
      if (best?.length === 2 || budget.left <= 0) return best
    }
  }
  return best
}

function shortestBack(
  graph: DependencyGraph,
  inside: ReadonlySet<number>,
  spec: CycleSpec,
  ordering: Ordering,
  first: Dependency,
  maxLength: number,
  budget: { left: number },
): readonly Dependency[] | undefined {
  const ordered = kindsOf(ordering)
  const begin = first.to * 8 + (first.kind === 'rw' ? lastWasRw : 0)
  const came = new Map<number, { readonly before: number; readonly edge: Dependency }>([[begin, { before: -1, edge: first }]])
  let level = [begin]
  for (let length = 1; level.length > 0 && length < maxLength; length++) {
    const next: number[] = []
    for (const state of level) {
      const flags = state % 8
      for (const edge of graph.out((state - flags) / 8)) {
        budget.left--
        if (!inside.has(edge.to)) continue
        const isOrdering = edge.kind === 'process' || edge.kind === 'realtime'
        if (isOrdering ? !ordered.has(edge.kind) : !spec.kinds.has(edge.kind)) continue
        if (spec.onlyItems && edge.predicate) continue
        const isRw = edge.kind === 'rw'
        if (isRw && spec.moreRw === 'apart' && flags & lastWasRw) continue
        const has = edge.kind === ordering.slice(1) || (ordering === '-realtime' && isOrdering) ? hadOrdering : 0
        const after = (flags & ~lastWasRw) | (isRw ? lastWasRw | hadAnotherRw : 0) | has
        if (edge.to === first.from) {
          if (ordering !== '' && !(after & hadOrdering)) continue
          if (spec.moreRw !== 'none' && !(after & hadAnotherRw)) continue
          if (spec.moreRw === 'apart' && isRw) continue
          return [...pathTo(came, state), edge]
        }
        const to = edge.to * 8 + after
        if (came.has(to)) continue
        came.set(to, { before: state, edge })
        next.push(to)
      }
      if (budget.left <= 0) return undefined
    }
    level = next
  }
  return undefined
}

function pathTo(came: ReadonlyMap<number, { readonly before: number; readonly edge: Dependency }>, state: number): Dependency[] {
  const path: Dependency[] = []
  for (let at = state; at !== -1; at = came.get(at)!.before) path.push(came.get(at)!.edge)
  return path.reverse()
}
