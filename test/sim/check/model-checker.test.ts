import { describe, expect, it } from 'vitest'
import type { Model } from '../../../sim/check/model.js'
import { check } from '../../../sim/check/model-checker.js'
import { twoPhaseCommit } from './two-phase-commit.js'

/** Two counters, each raised by one until `limit`; the states are a square. */
function square(limit: number, properties: Model<[number, number], 'left' | 'right'>['properties'] = []): Model<[number, number], 'left' | 'right'> {
  return {
    initial: () => [[0, 0]],
    actions: () => ['left', 'right'],
    next: ([left, right], action) => (action === 'left' ? [left + 1, right] : [left, right + 1]),
    within: ([left, right]) => left <= limit && right <= limit,
    properties,
  }
}

describe('check', () => {
  it.each([
    { managers: 3, states: 288 },
    { managers: 5, states: 8_832 },
  ])('finds the $states states of two-phase commit with $managers resource managers, and it is consistent', ({ managers, states }) => {
    const result = check(twoPhaseCommit(managers))
    expect(result).toMatchObject({ uniqueStates: states, complete: true, violations: [], unreached: [] })
  })

  it('finds the shortest counterexample', () => {
    const result = check(
      square(9, [{ name: 'small', kind: 'always', holds: ([left, right]) => left * right < 6, explain: ([left, right]) => `${left} by ${right}` }]),
    )
    expect(result.complete).toBe(false)
    expect(result.violations).toHaveLength(1)
    const { property, detail, actions, state } = result.violations[0] as (typeof result.violations)[number]
    expect(property).toBe('small')
    expect(actions).toHaveLength(5)
    expect(actions.filter((action) => action === 'left')).toHaveLength(state[0])
    expect(detail).toBe(`${state[0]} by ${state[1]}`)
  })

  it('finds a mistake planted in two-phase commit: a commit that does not wait for the last manager', () => {
    const model = twoPhaseCommit(3)
    const hasty: typeof model = {
      ...model,
      actions: (state) => [
        ...model.actions(state),
        ...(state.transaction === 'init' && state.prepared.size === 2 ? [{ kind: 'transaction-commits' } as const] : []),
      ],
    }
    const { violations } = check(hasty)
    expect(violations.map(({ property }) => property)).toEqual(['consistent'])
    expect(violations[0]?.actions).toHaveLength(7)
  })

  it('reports each property once when it goes on, and what was never true', () => {
    const result = check(
      square(3, [
        { name: 'left below 2', kind: 'always', holds: ([left]) => left < 2 },
        { name: 'right below 3', kind: 'always', holds: ([, right]) => right < 3 },
        { name: 'a corner', kind: 'sometimes', holds: ([left, right]) => left === 3 && right === 3 },
        { name: 'beyond', kind: 'sometimes', holds: ([left]) => left > 3 },
      ]),
      { keepGoing: true },
    )
    expect(result.violations.map(({ property, actions }) => [property, actions.length])).toEqual([
      ['left below 2', 2],
      ['right below 3', 3],
    ])
    expect(result).toMatchObject({ uniqueStates: 16, complete: true, unreached: ['beyond'] })
  })

  it.each([
    { limits: {}, expected: { uniqueStates: 100, depth: 18, complete: true } },
    { limits: { maxDepth: 3 }, expected: { uniqueStates: 10, depth: 3, complete: false } },
    { limits: { maxDepth: 18 }, expected: { uniqueStates: 100, depth: 18, complete: true } },
    { limits: { maxStates: 40 }, expected: { uniqueStates: 40, complete: false } },
    { limits: { maxStates: 100 }, expected: { uniqueStates: 100, complete: true } },
  ])('says whether the limits $limits ended the search', ({ limits, expected }) => {
    expect(check(square(9), limits)).toMatchObject(expected)
  })

  it('counts the states it generates, those seen before included', () => {
    // 4 states; each leads to 2, of which those out of bounds do not count.
    expect(check(square(1))).toMatchObject({ uniqueStates: 4, generatedStates: 5 })
  })

  it('starts from several initial states and tells which one a counterexample begins with', () => {
    const model: Model<number, number> = {
      initial: () => [100, 100, 7],
      actions: () => [1, 2],
      next: (state, step) => state + step,
      within: (state) => state < 200,
      properties: [{ name: 'not ten', kind: 'always', holds: (state) => state !== 10 }],
    }
    const { violations } = check(model)
    expect(violations[0]?.actions.reduce((sum, step) => sum + step, 0)).toBe(3)
    expect(violations[0]?.actions).toHaveLength(2)
  })

  it('refuses limits that find nothing', () => {
    expect(() => check(square(1), { maxStates: 0 })).toThrow('finds nothing')
  })
})
