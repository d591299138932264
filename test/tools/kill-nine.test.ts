import { expect, test } from 'vitest'
import { killAgainAndAgain } from '../../tools/kill-nine.js'

test('a process that is killed while it writes leaves a prefix of its batches, every acknowledged one among them', async () => {
  const found = await killAgainAndAgain({ rounds: 2, withinMillis: 150 })
  expect(found.failures).toEqual([])
  expect(found.rounds).toBe(2)
  // Nobody is killed before a batch of its own was acknowledged.
  expect(found.acknowledged).toBeGreaterThanOrEqual(2)
}, 180_000)
