import { describe, expect, it } from 'vitest'
import { stepAspects } from '../../../sim/check/machine-node.js'
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

  it('makes a check in the steps that show what it concerns, and in no other', () => {
    const steps: Record<string, number> = { all: 0, sent: 0, saved: 0, emitted: 0, input: 0 }
    const count = (name: string) => () => {
      steps[name] = (steps[name] as number) + 1
      return undefined
    }
    const expected = { all: 0, sent: 0, saved: 0, emitted: 0, input: 0 }
    const invariants: typeof counterInvariants = {
      begin: counterInvariants.begin,
      checks: [
        { name: 'sent', concerns: stepAspects.sent, check: count('sent') },
        { name: 'saved', concerns: stepAspects.saved, check: count('saved') },
        { name: 'emitted', concerns: stepAspects.emitted, check: count('emitted') },
        { name: 'input', concerns: stepAspects.input, check: count('input') },
        {
          name: 'all',
          check: (_, { sent, saved, emitted, event }) => {
            expected.sent += sent.length > 0 ? 1 : 0
            expected.saved += saved.length > 0 ? 1 : 0
            expected.emitted += emitted.length > 0 ? 1 : 0
            expected.input += event?.kind === 'input' ? 1 : 0
            expected.all++
            return count('all')()
          },
        },
      ],
    }
    expect(walk([counterHarness(false)], invariants, key, { nodes: 3, steps: 300, walks: 20 }).failure).toBeNull()
    expect(steps).toEqual(expected)
    expect(steps.all).toBeGreaterThan(Math.max(expected.sent, expected.saved, expected.emitted, expected.input))
    expect(expected.sent).toBeGreaterThan(0)
    expect(expected.input).toBeGreaterThan(0)
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
