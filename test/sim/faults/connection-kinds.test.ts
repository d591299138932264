import { describe, expect, test } from 'vitest'
import { ms, run, s } from '../../../sim/index.js'
import { chatter } from './chatter.js'
import { actsAndReplays } from './kind-harness.js'

const calm = async () => (await run({ scenario: chatter, seed: 'calm', strategy: 'none', duration: s(5) })).statistics

describe('without faults', () => {
  test('hosts that chatter lose no connection and wait for nothing', async () => {
    const { bytesRead, longestSilence, longestWrite, ...others } = await calm()
    expect(bytesRead).toBeGreaterThan(10_000_000)
    expect(longestSilence).toBeLessThan(ms(250))
    expect(longestWrite).toBeLessThan(ms(250))
    expect(others).toMatchObject({ reset: 0, timeout: 0, refused: 0, datagramsAltered: 0 })
  })
})

describe('kinds that strike connections', () => {
  test('net.corrupt resets them, and alters bytes of datagrams', async () => {
    const { seeded } = await actsAndReplays('net.corrupt', { scenario: chatter, options: { 'net.corrupt.perMille': 50, 'net.corrupt.lastsMillis': 500 } })
    expect(seeded.statistics.reset).toBeGreaterThan(0)
    expect(seeded.statistics.datagramsAltered).toBeGreaterThan(0)
  })

  test('net.corrupt replays by its single packets as well', async () => {
    const request = { scenario: chatter, seed: 'packets', kinds: ['net.corrupt'], duration: s(5), options: { 'net.corrupt.everyMillis': 1_500 } }
    const seeded = await run(request)
    expect(seeded.occurrences.length).toBeGreaterThan(0)
    const listed = await run({ ...request, plan: { injections: JSON.parse(JSON.stringify(seeded.occurrences)) } })
    expect([listed.stale, listed.statistics]).toEqual([[], seeded.statistics])
  })

  test('net.flap holds packets up, and streams get over it', async () => {
    const { seeded } = await actsAndReplays('net.flap', { scenario: chatter, options: { 'net.flap.downMillis': 400, 'net.flap.lastsMillis': 3_000 } })
    expect(seeded.faults.find(({ kind }) => kind === 'net.flap')!.exposed).toBeGreaterThan(10)
    expect(seeded.statistics.longestSilence).toBeGreaterThan(ms(200))
  })

  test('net.bandwidth makes writers wait', async () => {
    const options = { 'net.bandwidth.kilobytesPerSecond': 64, 'net.bandwidth.queueKilobytes': 64, 'net.bandwidth.lastsMillis': 3_000 }
    const { seeded } = await actsAndReplays('net.bandwidth', { scenario: chatter, options })
    expect(seeded.statistics.bytesRead).toBeLessThan(0.8 * (await calm()).bytesRead!)
    expect(seeded.statistics.longestWrite).toBeGreaterThan(ms(250))
  })

  test('conn.reset breaks them under both ends', async () => {
    const { seeded } = await actsAndReplays('conn.reset', { scenario: chatter })
    expect(seeded.injections.every(({ site }) => site.includes(':7000 #'))).toBe(true)
    expect(seeded.statistics.reset).toBeGreaterThan(2)
  })

  test('conn.refuse turns away who dials', async () => {
    const trial = { scenario: chatter, beside: ['conn.reset'], options: { 'conn.refuse.lastsMillis': 2_000 } }
    const { seeded } = await actsAndReplays('conn.refuse', trial)
    expect(seeded.statistics.refused).toBeGreaterThan(0)
  })

  test('conn.half-open leaves silence, which keep-alive and writing find', async () => {
    const { seeded } = await actsAndReplays('conn.half-open', { scenario: chatter, duration: s(45), options: { 'conn.half-open.everyMillis': 3_000 } })
    expect(seeded.statistics.timeout).toBeGreaterThan(0)
  })

  test('conn.stall shows as backpressure', async () => {
    const { seeded } = await actsAndReplays('conn.stall', { scenario: chatter, options: { 'conn.stall.lastsMillis': 3_000 } })
    expect(seeded.statistics.longestSilence).toBeGreaterThan(ms(500))
    expect(seeded.statistics.longestWrite).toBeGreaterThan(ms(250))
    expect(seeded.statistics.reset).toBe(0)
  })
})

describe('a run with connections', () => {
  const request = { scenario: chatter, seed: 'alike', duration: s(3) }

  test.each(['process.crash', 'process.pause', 'power.loss', 'net.drop', 'net.partition', 'net.duplicate', 'net.reorder'])(
    'gets over %s, and its list replays it',
    async (kind) => {
      const { seeded } = await actsAndReplays(kind, { scenario: chatter, duration: s(4) })
      expect(seeded.statistics.bytesRead).toBeGreaterThan(1_000_000)
    },
  )

  test('is the same, drained synchronously or a macrotask a step', async () => {
    const sync = await run(request)
    const turned = await run({ ...request, drain: 'macrotask' })
    expect([turned.steps, turned.traceHash, turned.statistics]).toEqual([sync.steps, sync.traceHash, sync.statistics])
  })
})

describe('kinds that strike stream protocols', () => {
  test.each(['net.corrupt', 'net.flap', 'net.bandwidth', 'conn.reset', 'conn.refuse', 'conn.half-open', 'conn.stall'])(
    '%s acts on calls between hosts, and its list replays it',
    async (kind) => {
      const { seeded } = await actsAndReplays(kind, { options: { 'conn.refuse.lastsMillis': 500 } })
      expect(seeded.history.length).toBeGreaterThan(0)
    },
  )
})
