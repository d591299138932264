import { describe, expect, it } from 'vitest'
import { machineModel } from '../../../sim/check/machine-model.js'
import { check } from '../../../sim/check/model-checker.js'
import { AllSuccessors } from '../../../sim/check/state-space.js'
import { counterHarness, counterInvariants } from './counter-machine.js'

describe('machineModel', () => {
  it('explores a Machine with all that may happen to it, and finds nothing wrong with a right one', () => {
    const result = check(machineModel(counterHarness(false), counterInvariants, { nodes: 3, duplicates: 1, drops: 1, crashes: 2 }))
    expect(result).toMatchObject({ complete: true, violations: [] })
    expect(result.uniqueStates).toBeGreaterThan(500)
  })

  it('tells the shortest way to a mistake: asked twice, with a crash between that forgets the number', () => {
    const { violations } = check(machineModel(counterHarness(true), counterInvariants, { nodes: 3, crashes: 1 }))
    expect(violations).toMatchObject([{ property: 'TicketsOnce', detail: 'ticket 1 was given twice' }])
    const kinds = violations[0]?.actions.map(({ kind }) => kind) ?? []
    expect([...kinds].sort()).toEqual(['crash', 'deliver', 'deliver', 'input', 'input'])
    expect([kinds[0], kinds[4]]).toEqual(['input', 'deliver'])
  })

  it('needs the crash for it', () => {
    expect(check(machineModel(counterHarness(true), counterInvariants, { nodes: 3, duplicates: 2 }))).toMatchObject({ complete: true, violations: [] })
  })

  it('counts the same states with every search, whole states compared or fingerprints', () => {
    const model = machineModel(counterHarness(false), counterInvariants, { nodes: 3, crashes: 1 })
    const once = check(model)
    expect(check(model)).toEqual(once)
    const all = [{ search: 'dfs' }, { search: 'iterative' }, { exact: true }, { search: 'dfs', exact: true }] as const
    for (const options of all) expect(check(model, options).uniqueStates, JSON.stringify(options)).toBe(once.uniqueStates)
  })

  it.each([
    { crashes: 1, duplicates: 1, drops: 1 },
    { network: 'set', crashes: 1 },
    { network: 'set', isLossy: true },
    { network: 'duplicating', crashes: 1 },
    { network: 'duplicating', isLossy: true },
    { network: 'ordered', crashes: 1, drops: 1 },
  ] as const)('adds up the same fingerprint whatever the way to a state: as many states as when they are compared whole, with %j', (options) => {
    const model = machineModel(counterHarness(false), counterInvariants, { nodes: 2, ...options })
    const whole = check(model, { exact: true, maxStates: 2_000 })
    expect(check(model, { maxStates: 2_000 })).toEqual(whole)
    expect(whole.uniqueStates).toBeGreaterThan(20)
  })

  it('begins after a prelude, and keeps within bounds', () => {
    const ask = { kind: 'input', node: 1, input: 'ask' } as const
    const prelude = [ask, { kind: 'settle', nodes: [0, 1] }] as const
    const within = (state: { next: number }) => state.next <= 2
    const seen: number[] = []
    const isNoted = {
      name: 'all are noted',
      kind: 'always',
      of: 'system',
      holds: ({ messages }: { messages: readonly unknown[] }) => seen.push(messages.length) > 0,
    } as const
    check(machineModel(counterHarness(false), counterInvariants, { nodes: 2, prelude, within, properties: [isNoted] }), { maxDepth: 0 })
    expect(seen).toEqual([0])
    expect(check(machineModel(counterHarness(false), counterInvariants, { nodes: 2, within })).uniqueStates).toBeLessThan(
      check(machineModel(counterHarness(false), counterInvariants, { nodes: 2 })).uniqueStates,
    )
    expect(() =>
      machineModel(counterHarness(false), counterInvariants, { nodes: 2, prelude: [...prelude, ...prelude], within })
        .space(false)
        .initial(new AllSuccessors()),
    ).toThrow('out of bounds')
  })
})
