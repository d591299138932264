import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import lock from '../../examples/lock.scenario.js'
import lockFixed from '../../examples/lock-fixed.scenario.js'
import store from '../../examples/store.scenario.js'
import storeFixed from '../../examples/store-fixed.scenario.js'
import { type AnyScenario, run } from '../../sim/index.js'

const seeds = Array.from({ length: 8 }, (_, i) => String(i + 1))
const violations = async (scenario: AnyScenario): Promise<(string | undefined)[]> => {
  const found: (string | undefined)[] = []
  for (const seed of seeds) {
    const { outcome, violation } = await run({ scenario, seed, duration: 15e9 })
    if (outcome !== 'passed') found.push(violation?.message)
  }
  return found
}

describe('the lock service with leases', () => {
  test('loses an increment when a holder pauses', async () => {
    const found = await violations(lock)
    expect(found.length).toBeGreaterThan(1)
    expect(found[0]).toMatch(/client-\d counted what another client did: an increment is lost/)
  })
  test('does not once the counter refuses older tokens', async () => expect(await violations(lockFixed)).toEqual([]))
})

describe('the register store', () => {
  test('answers a read that no register would', async () => {
    const found = await violations(store)
    expect(found.length).toBeGreaterThan(1)
    expect(found[0]).toMatch(/client-\d read \d+ at/)
  })
  test('does not once reads ask a majority', async () => expect(await violations(storeFixed)).toEqual([]))
})

test.each(['lock', 'store'])('%s.scenario.ts fits in 70 lines', (name) => {
  const lines = readFileSync(new URL(`../../examples/${name}.scenario.ts`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
  expect(lines.length).toBeLessThan(70)
})
