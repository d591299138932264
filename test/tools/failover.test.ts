import { expect, test } from 'vitest'
import { failovers, failoverTable, losses, shareInTime } from '../../tools/failover.js'

test('a lost leader is replaced within 300 ms, however it is lost', async () => {
  const found = await failovers(60)
  expect(new Set(found.map(({ loss }) => loss))).toEqual(new Set(losses))
  expect(shareInTime(found)).toBeGreaterThanOrEqual(0.98)
  // Nobody campaigns before the shortest patience after the leader's last word is over.
  expect(Math.min(...found.map(({ nanos }) => nanos))).toBeGreaterThan(25e6)
  expect(await failovers(60)).toEqual(found)
})

test('the table counts who was late, and split votes', () => {
  const table = failoverTable([
    { loss: 'crash', nanos: 90e6, splitVotes: 0 },
    { loss: 'crash', nanos: 100e6, splitVotes: 0 },
    { loss: 'pause', nanos: 301e6, splitVotes: 2 },
    { loss: 'pause', nanos: 110e6, splitVotes: 0 },
  ])
  expect(table).toMatch(/all +4 +90.0 ms +100.0 ms +301.0 ms +301.0 ms +301.0 ms +301.0 ms +75.00%/)
  expect(table).toMatch(/ 300 to {2}320 ms +1 █/)
  expect(table).toMatch(/ 1 +0 +0.00%\n +2 +1 +25.00%/)
})
