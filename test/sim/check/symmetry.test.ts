import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { increment } from '../../../examples/models/increment.js'
import { twoPhaseCommit } from '../../../examples/models/two-phase-commit.model.js'
import { canonicalText } from '../../../sim/check/canonical-text.js'
import type { SpaceModel } from '../../../sim/check/model.js'
import { check } from '../../../sim/check/model-checker.js'
import { OrbitHasher } from '../../../sim/check/orbit.js'
import { AllSuccessors, HEADER, type Symmetry } from '../../../sim/check/state-space.js'
import { expandRow, rowAt } from '../../../sim/check/visited.js'

const permutations = (size: number): number[][] =>
  size === 0 ? [[]] : permutations(size - 1).flatMap((rest) => Array.from({ length: size }, (_, at) => [...rest.slice(0, at), size - 1, ...rest.slice(at)]))

/** All states, each by its text under every permutation: sets of texts that are equal are one orbit. */
function orbitsOf(model: SpaceModel<unknown, unknown>): number {
  const space = model.space(true)
  const { size, permute } = space.symmetry as Symmetry<unknown>
  const all = permutations(size)
  const seen = new Set<string>()
  const orbits = new Set<string>()
  const initial = new AllSuccessors()
  space.initial(initial)
  const open = initial.starts.map((at) => rowAt(initial.words, at))
  for (let row = open.pop(); row !== undefined; row = open.pop()) {
    const state = space.stateOf(row, HEADER, row[0] as number)
    if (seen.has(canonicalText(state))) continue
    seen.add(canonicalText(state))
    orbits.add(all.map((permutation) => canonicalText(permute(state, permutation))).sort()[0] as string)
    const out = new AllSuccessors()
    expandRow(space, row, out)
    for (const at of out.starts) open.push(rowAt(out.words, at))
  }
  return orbits.size
}

describe('Symmetry', () => {
  it.each([
    { name: 'two-phase commit with 3 managers', model: twoPhaseCommit(3) },
    { name: 'two-phase commit with 4 managers', model: twoPhaseCommit(4) },
    { name: '4 threads with a lock', model: increment(4, true) },
    { name: '3 threads without one', model: increment(3, false) },
  ])('counts the true orbits of $name, whatever the search', ({ model }) => {
    const orbits = orbitsOf(model as SpaceModel<unknown, unknown>)
    for (const search of ['bfs', 'dfs'] as const)
      expect(check(model as SpaceModel<unknown, unknown>, { search, symmetry: 'orbits', keepGoing: true }).uniqueStates, search).toBe(orbits)
  })

  it('finds what it finds without it, by ways that the model knows', () => {
    const { violations } = check(increment(3, false), { symmetry: 'orbits' })
    expect(violations[0]?.actions).toHaveLength(4)
  })

  it('gives all names of a state one fingerprint, and no other state the same', () => {
    const edges = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 6 })
    const graph: Symmetry<readonly (readonly [number, number])[]> = {
      size: 4,
      permute: (state, to) => state.map(([a, b]) => [to[a] as number, to[b] as number] as const).sort(([a, b], [c, d]) => a - c || b - d),
      signature: (state, thing) => state.filter(([from]) => from === thing).length,
    }
    const least = (state: readonly (readonly [number, number])[]) =>
      permutations(4)
        .map((permutation) => canonicalText(graph.permute(state, permutation)))
        .sort()[0]
    const hasher = new OrbitHasher(graph)
    fc.assert(
      fc.property(edges, edges, (one, other) => {
        const [a, b] = [hasher.hash(one), hasher.hash(other)]
        expect(a.high === b.high && a.low === b.low).toBe(least(one) === least(other))
      }),
    )
  })
})
