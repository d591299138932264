import { expect, test } from 'vitest'
import { type Host, ms, run } from '../../../sim/index.js'
import { HeapLimit } from '../../../sim/run/heap-limit.js'
import { alone } from '../ambient/harness.js'

test('a run whose heap stays above the limit ends as runaway, and says who sends most', async () => {
  const busy = (host: Host) => {
    host.clock.every(1_000, () => host.random.u32())
  }
  const { outcome, violation } = await run({ scenario: { ...alone(busy), duration: ms(60_000), healAt: ms(60_000) }, seed: '1', limits: { heapBytes: 1 } })
  expect(outcome).toBe('runaway')
  expect(violation?.message).toMatch(/^the heap stays above its limit \(limits\.heapBytes; [^)]*depends on the machine\); the busiest: /)
})

test('one look above the limit is garbage, twenty in a row are not', () => {
  const passed = new HeapLimit(1)
  const looks = Array.from({ length: 21 }, () => passed.isPassed())
  expect(looks.indexOf(true)).toBe(19)
  const roomy = new HeapLimit(undefined)
  expect(roomy.bytes).toBeGreaterThan(100e6)
  expect(Array.from({ length: 40 }, () => roomy.isPassed())).not.toContain(true)
})
