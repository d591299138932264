import { expect, test } from 'vitest'
import { driftBoundPpm } from '../../scenarios/raft-reads.scenario.js'
import { staleRead, type Witness } from '../../tools/lease-drift.js'

test.each<[Witness, string]>([
  ['invariants', 'LeaseExclusive'],
  ['history', 'not linearizable (kv)'],
])('reads by leases are not stale while clocks drift within the bound, and are seen to be beyond it by %s', async (witness, check) => {
  expect(await staleRead(driftBoundPpm, '1', witness, 6)).toBeUndefined()
  expect(await staleRead(driftBoundPpm + 160_000, '1', witness)).toBe(check)
})
