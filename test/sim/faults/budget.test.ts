import { describe, expect, test } from 'vitest'
import { BudgetKeeper } from '../../../sim/faults/budget.js'
import { ms, run, s, simulate } from '../../../sim/index.js'
import { registerStore } from './register-store.js'

describe('the budget', () => {
  test('counts hosts, not holds', () => {
    const budget = new BudgetKeeper(2)
    for (const host of ['a', 'a', 'b']) budget.hold(host)
    expect(budget.unavailable).toBe(2)
    expect([budget.allows(['a', 'b']), budget.allows(['c'])]).toEqual([true, false])
    budget.release('a')
    expect(budget.isHeld('a')).toBe(true)
    budget.release('a')
    expect([budget.isHeld('a'), budget.allows(['c'])]).toEqual([false, true])
  })

  test('a draw that exceeds it harms a host that is away already, or waits: hardly any is given up', async () => {
    let opportunities = 0
    let heldBack = 0
    let together = 0
    for (let seed = 0; seed < 3; seed++) {
      const { faults, injections } = await run({
        scenario: registerStore,
        seed: `share ${seed}`,
        duration: s(20),
        kinds: ['process.pause', 'process.crash', 'net.partition'],
        options: {
          'process.pause.everyMillis': 2_000,
          'process.crash.everyMillis': 2_000,
          'net.partition.everyMillis': 3_000,
          'net.partition.lastsMillis': 1_000,
        },
      })
      for (const count of faults) {
        opportunities += count.opportunities
        heldBack += count.heldBack
      }
      together += injections.filter(({ kind, site, at }) =>
        injections.some((other) => other.kind !== kind && other.site === site && Math.abs(other.at - at) < ms(500)),
      ).length
    }
    expect(opportunities).toBeGreaterThan(50)
    expect(heldBack * 20).toBeLessThan(opportunities)
    expect(together).toBeGreaterThan(0)
  })

  test('a crash that is armed on a host that starts keeps the host held until it has fallen', async () => {
    const simulation = await simulate(registerStore, { seed: 'armed', faults: 'none' })
    const { budget, supervisor } = simulation.engine.world
    await simulation.advance(ms(20))
    simulation.crash('replica-1')
    simulation.restart('replica-1')
    await simulation.advance(1)
    expect(simulation.world.host('replica-1')!.status).toBe('booting')
    simulation.inject({ kind: 'process.crash', site: 'replica-1', args: { beforeEffect: 0, restartAfterNanos: ms(50) } })
    supervisor.hostBooted(simulation.host('replica-1')!)
    expect(budget.isHeld('replica-1')).toBe(true)
    await simulation.advance(s(1))
    expect([budget.isHeld('replica-1'), simulation.world.host('replica-1')!.incarnation]).toEqual([false, 3])
  })
})
