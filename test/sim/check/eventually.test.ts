import { describe, expect, it } from 'vitest'
import type { Model } from '../../../sim/check/model.js'
import { check } from '../../../sim/check/model-checker.js'

/** Steps of a graph, from 0 on. */
const graph = (steps: Readonly<Record<number, readonly number[] | undefined>>, goal: number, cycles: boolean): Model<number, number> => ({
  initial: () => [0],
  actions: (state) => steps[state] ?? [],
  next: (_, to) => to,
  properties: [{ name: 'arrives', kind: 'eventually', cycles, holds: (state) => state === goal }],
})

describe('eventually', () => {
  it.each([
    { what: 'a way that ends before it', steps: { 0: [1, 2], 1: [3] }, cycles: false, actions: [2] },
    { what: 'an end that is also reached by way of the goal', steps: { 0: [3, 1], 1: [2], 3: [2] }, cycles: false, actions: [1, 2] },
    { what: 'nothing, when all ways lead there', steps: { 0: [1, 2], 1: [3], 2: [3], 3: [4] }, cycles: false, actions: null },
    { what: 'nothing in a loop, when only ends are asked for', steps: { 0: [1], 1: [0, 3] }, cycles: false, actions: null },
    { what: 'a loop that avoids it', steps: { 0: [1], 1: [2, 3], 2: [1] }, cycles: true, actions: [1, 2, 1] },
    { what: 'nothing in a loop through it', steps: { 0: [3], 3: [0] }, cycles: true, actions: null },
  ])('finds $what', ({ steps, cycles, actions }) => {
    const { violations } = check(graph(steps, 3, cycles))
    expect(violations.map((found) => found.actions)).toEqual(actions === null ? [] : [actions])
  })

  it('says where a way that goes on for ever comes back to', () => {
    expect(check(graph({ 0: [1], 1: [2], 2: [1] }, 3, true)).violations).toMatchObject([{ property: 'arrives', actions: [1, 2, 1], loopsTo: 1 }])
  })
})
