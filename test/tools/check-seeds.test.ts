import { describe, expect, test } from 'vitest'
import { ScenarioTotals } from '../../sim/run/campaign/scenario-totals.js'
import type { SeedResult } from '../../sim/run/campaign/seed-result.js'
import { shortcomings } from '../../tools/check-seeds.js'
import { resultOf } from '../sim/run/campaign/results.js'

const armed = (kind: string, injections: number) => ({ kind, armed: true, opportunities: 40, injections, heldBack: 2, exposed: 0, struck: 0 })

function totalsOf(run: Partial<SeedResult>): ScenarioTotals {
  const totals = new ScenarioTotals()
  totals.add(1, { ...resultOf(0, 1, false), faults: [], statistics: {}, ...run })
  return totals
}

describe('Seeds that every change must pass', () => {
  test('are found wanting where too little happened', () => {
    const totals = totalsOf({ faults: [armed('net.drop', 0), armed('net.partition', 1)], statistics: { crashes: 4, crashesInsideSteps: 1, applied: 50 } })
    expect(shortcomings(totals, { applied: 50, 'net.partition': 1 }, 0.3)).toEqual([
      'net.drop was armed and never acted',
      '25% of crashes fell strictly inside steps',
    ])
    expect(shortcomings(totalsOf({}), { applied: 50 }, 0.3)).toEqual(['a median of 0 applied a run, where 50 is the least'])
  })
})
