import { describe, expect, test } from 'vitest'
import { handOverModel, leaseModel } from '../../../invariants/orchestrator/models/index.js'
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
})
