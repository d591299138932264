import { describe, expect, test } from 'vitest'
import lease from '../../examples/lease.scenario.js'
import leaseDrifting from '../../examples/lease-drifting.scenario.js'
import { type AnyScenario, run, s } from '../../sim/index.js'

/** Of seeds 1 to `count`: those in which the register answered what no register would, and how often clocks drifted. */
async function runs(scenario: AnyScenario, count: number): Promise<{ failing: number[]; drifts: number; mostPpm: number }> {
  const failing: number[] = []
  let drifts = 0
  let mostPpm = 0
  for (let seed = 1; seed <= count; seed++) {
    // Asked for by name, every kind is on in every run.
    const { kinds = [] } = scenario.faults
    const { outcome, violation, injections } = await run({ scenario, seed: String(seed), duration: s(12), kinds })
    if (outcome !== 'passed') {
      expect(violation?.message).toMatch(/client-\d read \d+ at/)
      failing.push(seed)
    }
    for (const { kind, args } of injections) {
      if (kind !== 'clock.drift') continue
      drifts++
      mostPpm = Math.max(mostPpm, Math.abs(args.ppm as number))
    }
  }
  return { failing, drifts, mostPpm }
}

describe('a register behind leases that assume clocks within 200 ppm', () => {
  test('holds in a world of such clocks', async () => {
    const { failing, drifts, mostPpm } = await runs(lease, 6)
    expect(failing).toEqual([])
    expect(drifts).toBeGreaterThan(10)
    expect(mostPpm).toBeGreaterThan(100)
    expect(mostPpm).toBeLessThanOrEqual(200)
  })

  test('answers stale reads in a world of worse ones, within three seeds', async () => {
    const { failing, mostPpm } = await runs(leaseDrifting, 3)
    expect(failing.length).toBeGreaterThan(0)
    expect(mostPpm).toBeGreaterThan(200)
  })
})
