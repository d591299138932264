import { describe, expect, test } from 'vitest'
import storeFixed from '../../examples/store-fixed.scenario.js'
import raft from '../../scenarios/raft.scenario.js'
import { type AnyScenario, run, s } from '../../sim/index.js'

const kinds = ['process.crash-loop', 'process.upgrade', 'process.slow', 'process.pause', 'power.loss', 'disk.lost']
const options = { 'process.crash-loop.everyMillis': 1_500, 'process.upgrade.everyMillis': 1_000, 'process.slow.everyMillis': 1_500 }

/** Crash loops, graceful restarts or upgrades, and slow machines one after another, and what each seed's run counted. */
async function storm(scenario: AnyScenario, seeds: number): Promise<Record<string, number>> {
  const total: Record<string, number> = {}
  for (let seed = 1; seed <= seeds; seed++) {
    const report = await run({ scenario, seed: `storm ${seed}`, duration: s(10), kinds, options })
    expect([report.seed, report.outcome, report.violation?.message]).toEqual([report.seed, 'passed', undefined])
    for (const [name, count] of Object.entries(report.statistics)) total[name] = (total[name] ?? 0) + count
  }
  return total
}

describe('storms of crash loops, restarts and slow machines', () => {
  test('leave a register on three replicas right', async () => {
    const total = await storm(storeFixed as AnyScenario, 4)
    expect(total.crashesInRecovery).toBeGreaterThan(5)
    expect(total.gracefulRestarts).toBeGreaterThan(10)
  })

  test('leave a Raft group right', async () => {
    const total = await storm(raft as AnyScenario, 3)
    expect(total.crashesInRecovery).toBeGreaterThan(5)
    expect(total.upgrades).toBeGreaterThan(10)
    expect(total.killedStopping ?? 0).toBeLessThan((total.upgrades as number) / 2)
  })
})
