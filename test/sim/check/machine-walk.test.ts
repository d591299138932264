import { describe, expect, it } from 'vitest'
import { walk } from '../../../sim/check/machine-walk.js'
import { counterHarness, counterInvariants } from './counter-machine.js'

const key = { high: 1, low: 2 }

describe('walk', () => {
  it('finds the mistake of a Machine and tells all that happened until then', () => {
    const result = walk([counterHarness(true)], counterInvariants, key, { nodes: 3, steps: 300, walks: 200 })
    expect(result.failure).toMatchObject({ invariant: 'TicketsOnce', detail: expect.stringMatching(/given twice/) })
    expect(result.failure?.actions.some((action) => action.includes('crashes'))).toBe(true)
    expect(result.failure?.actions.at(-1)).toContain('"kind":"ticket"')
  })

  it('does the failing walk again from its number alone', () => {
    const { failure } = walk([counterHarness(true)], counterInvariants, key, { nodes: 3, steps: 300, walks: 200 })
    expect(walk([counterHarness(true)], counterInvariants, key, { nodes: 3, steps: 300, walks: 1, first: failure?.walk }).failure).toEqual(failure)
  })

  it('finds nothing wrong with a right one', () => {
    const result = walk([counterHarness(false)], counterInvariants, key, { nodes: 3, steps: 300, walks: 100 })
    expect(result).toMatchObject({ walks: 100, failure: null })
    expect(result.steps).toBeGreaterThan(10_000)
  })

  it('takes a core that throws for a failure', () => {
    const harness = counterHarness(false)
    const broken = {
      ...harness,
      machine: {
        ...harness.machine,
        step: () => {
          throw new Error('boom')
        },
      },
    }
    expect(walk([broken], counterInvariants, key, { nodes: 3, steps: 300, walks: 5 }).failure).toMatchObject({
      invariant: 'NeverThrows',
      detail: 'Error: boom',
    })
  })
})
