import { describe, expect, test } from 'vitest'
import { handOverModel, leaseModel, placementModel, warmClaimModel } from '../../../invariants/orchestrator/models/index.js'
import { check } from '../../../sim/check/model-checker.js'

describe("The orchestrator's cores, in every order of what may happen", () => {
  test('never run a guest twice and never let a fenced one write, with time, drift and losses', () => {
    const { violations, unreached, complete, uniqueStates } = check(leaseModel({ patience: 1, ticks: 3, drift: 1 }), { keepGoing: true })
    expect(violations).toEqual([])
    expect(unreached).toEqual([])
    expect(complete).toBe(true)
    expect(uniqueStates).toBeGreaterThan(10_000)
  })

  test('leave a migrated guest to one owner, whichever of the three crashes at whatever moment', () => {
    const { violations, unreached, complete, uniqueStates } = check(handOverModel({ crashes: 1, inputs: 3, duplicates: 0 }), { keepGoing: true })
    expect(violations).toEqual([])
    expect(unreached).toEqual([])
    expect(complete).toBe(true)
    expect(uniqueStates).toBeGreaterThan(10_000)
  })

  test.each([
    { apart: 2, large: 0, inputs: 3, duplicates: 0 },
    { apart: 1, large: 1, inputs: 2, duplicates: 1 },
  ])('give no host more than it has, nor two that must be apart, whatever the choosers knew: %o', (bounds) => {
    const { violations, unreached, complete, uniqueStates } = check(placementModel(bounds), { keepGoing: true })
    expect(violations).toEqual([])
    expect(unreached).toEqual([])
    expect(complete).toBe(true)
    expect(uniqueStates).toBeGreaterThan(100_000)
  })

  test.each([
    { orders: 2, warm: 1, inputs: 2, duplicates: 0 },
    { orders: 1, warm: 1, inputs: 4, duplicates: 0 },
  ])('give a warm VM to one, and let it become that one once, whoever is late: %o', (bounds) => {
    const { violations, complete, uniqueStates } = check(warmClaimModel(bounds), { keepGoing: true })
    expect(violations).toEqual([])
    expect(complete).toBe(true)
    expect(uniqueStates).toBeGreaterThan(50_000)
  })

  test('reach what they are about, and are explored to the end after that: an invariant may still fall', () => {
    const { unreached, complete } = check(warmClaimModel({ orders: 2, warm: 1, inputs: 2, duplicates: 0 }))
    expect(unreached).toEqual([])
    expect(complete).toBe(true)
  })
})
