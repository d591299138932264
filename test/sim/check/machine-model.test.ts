import { describe, expect, it } from 'vitest'
import { machineModel } from '../../../sim/check/machine-model.js'
import { check } from '../../../sim/check/model-checker.js'
import { counterHarness, counterInvariants } from './counter-machine.js'

describe('machineModel', () => {
  it('explores a Machine with all that may happen to it, and finds nothing wrong with a right one', () => {
    const result = check(machineModel(counterHarness(false), counterInvariants, { nodes: 3, duplicates: 1, drops: 1, crashes: 2 }))
    expect(result).toMatchObject({ complete: true, violations: [] })
    expect(result.uniqueStates).toBeGreaterThan(500)
  })

  it('tells the shortest way to a mistake: asked twice, with a crash between that forgets the number', () => {
    const model = machineModel(counterHarness(true), counterInvariants, { nodes: 3, crashes: 1 })
    const { violations } = check(model)
    expect(violations).toMatchObject([{ property: 'TicketsOnce', detail: 'ticket 1 was given twice' }])
    expect(violations[0]?.actions.map((action) => model.describe?.(action)?.replace(/ \d -> \d.*/, ''))).toEqual([
      '{"kind":"input","node":1,"choice":0}',
      expect.stringMatching(/input|deliver/),
      expect.stringMatching(/input|deliver|crash/),
      expect.stringMatching(/input|deliver|crash/),
      'deliver',
    ])
  })

  it('needs the crash for it', () => {
    expect(check(machineModel(counterHarness(true), counterInvariants, { nodes: 3, duplicates: 2 }))).toMatchObject({ complete: true, violations: [] })
  })

  it('counts the same states whatever the order in which they were found', () => {
    const model = machineModel(counterHarness(false), counterInvariants, { nodes: 3, crashes: 1 })
    const once = check(model)
    expect(check(model)).toEqual(once)
    const backwards = { ...model, actions: (state: Parameters<typeof model.actions>[0]) => [...model.actions(state)].reverse() }
    expect(check(backwards).uniqueStates).toBe(once.uniqueStates)
  })

  it('begins after a prelude, and keeps within bounds', () => {
    const ask = { kind: 'input', node: 1, input: 'ask' } as const
    const prelude = [ask, { kind: 'settle', nodes: [0, 1] }] as const
    const within = (state: { next: number }) => state.next <= 2
    const [initial] = machineModel(counterHarness(false), counterInvariants, { nodes: 2, prelude, within }).initial()
    expect(initial?.network).toEqual([])
    expect(check(machineModel(counterHarness(false), counterInvariants, { nodes: 2, within })).uniqueStates).toBeLessThan(
      check(machineModel(counterHarness(false), counterInvariants, { nodes: 2 })).uniqueStates,
    )
    expect(() => machineModel(counterHarness(false), counterInvariants, { nodes: 2, prelude: [...prelude, ...prelude], within }).initial()).toThrow(
      'out of bounds',
    )
  })
})
