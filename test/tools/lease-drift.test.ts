import { expect, test } from 'vitest'
import { driftBoundPpm, driftPpm, standstillMillis } from '../../scenarios/raft-reads.scenario.js'
import { ms } from '../../sim/index.js'
import { staleRead, type Witness } from '../../tools/lease-drift.js'

test.each<[Witness, string]>([
  ['invariants', 'LeaseExclusive'],
  ['history', 'not linearizable (kv)'],
])('reads by leases are not stale while clocks drift within the bound, and are seen to be beyond it by %s', async (witness, check) => {
  expect(await staleRead({ ppm: driftBoundPpm }, '1', witness, 6)).toBeUndefined()
  expect(await staleRead({ ppm: driftBoundPpm + 160_000 }, '1', witness)).toBe(check)
})

test.each<[Witness, string]>([
  ['invariants', 'LeaseExclusive'],
  ['history', 'not linearizable (kv)'],
])("nor are they while a leader's clock stands still within it, and are seen to be when it does for longer by %s", async (witness, check) => {
  expect(await staleRead({ ppm: driftPpm, standstill: ms(standstillMillis) }, '1', witness, 6)).toBeUndefined()
  expect(await staleRead({ ppm: driftPpm, standstill: ms(80) }, '1', witness)).toBe(check)
})
