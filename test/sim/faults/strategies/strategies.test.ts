import { describe, expect, test } from 'vitest'
import { burstTime } from '../../../../sim/faults/strategies/burst.js'
import { ms, type RunReport, run, type Strategy, s } from '../../../../sim/index.js'
import { actsAndReplays } from '../kind-harness.js'
import { registerStore } from '../register-store.js'
import { orderingBug } from './ordering-bug.js'

/** A seeded run that passes, after its list has been shown to make it again. */
async function replayed(strategy: Strategy, seed: string, options?: Record<string, number>, kinds?: readonly string[]): Promise<RunReport> {
  const request = {
    scenario: registerStore,
    seed,
    strategy,
    duration: s(10),
    ...(options === undefined ? {} : { options }),
    ...(kinds === undefined ? {} : { kinds }),
  }
  const seeded = await run(request)
  expect([seeded.outcome, seeded.violation?.message]).toEqual(['passed', undefined])
  const listed = await run({ ...request, plan: { injections: JSON.parse(JSON.stringify(seeded.injections)) } })
  expect([listed.stale, listed.traceHash]).toEqual([[], seeded.traceHash])
  return seeded
}

describe('burst', () => {
  test('keeps the order and the number of faults, and leaves quiet between', () => {
    const time = burstTime(4, 100, s(40))
    const due = Array.from({ length: 4_000 }, (_, i) => i * ms(10))
    const times = due.map(time)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    for (const at of times) expect(at % s(10)).toBeGreaterThanOrEqual(s(9))
    expect(times.every((at, i) => at >= (due[i] as number) && at < s(40))).toBe(true)
  })

  test('faults of a run come together, and the list replays them', async () => {
    const options = { 'burst.count': 2, 'burst.perMille': 100, 'net.clog.everyMillis': 200 }
    const seeded = await replayed('burst', 'bursts', options, ['net.clog', 'net.partition'])
    const starts = seeded.injections.map(({ at }) => at)
    expect(starts.length).toBeGreaterThan(10)
    // Storms until 8 s: bursts in [3.6 s, 4 s] and [7.6 s, 8 s], and what waited for the budget soon after.
    for (const at of starts) expect(at % s(4) >= ms(3_600) || at % s(4) < ms(3_100)).toBe(true)
    expect(starts.filter((at) => at % s(4) >= ms(3_600)).length).toBeGreaterThan(starts.length * 0.8)
  })

  test('half of the runs of random and targeted have bursts', async () => {
    for (const strategy of ['random', 'targeted'] as const) {
      let bursts = 0
      for (let seed = 0; seed < 60; seed++)
        bursts += (await run({ scenario: registerStore, seed: `half ${seed}`, strategy, duration: ms(1) })).options['burst.on'] as number
      expect(bursts).toBeGreaterThan(18)
      expect(bursts).toBeLessThan(42)
    }
  })
})

describe('rolling', () => {
  test('hosts are harmed in their order, each when all are back, and the list replays it', async () => {
    const seeded = await replayed('rolling', 'rolls', { 'rolling.pauseMillis': 200 }, ['process.crash', 'process.pause'])
    const order = seeded.injections.map(({ site }) => site)
    expect(order.length).toBeGreaterThan(5)
    expect(order).toEqual(order.map((_, i) => `replica-${1 + (i % 3)}`))
    expect(new Set(seeded.injections.map(({ kind }) => kind)).size).toBe(2)
  })
})

describe('pct', () => {
  test('every host or link has a priority, some fall during the run, and the list replays them', async () => {
    const seeded = await replayed('pct', 'priorities', { 'pct.isByLink': 0, 'pct.depth': 3 }, ['net.priority'])
    // Five hosts, the first of which has no delay; two changes.
    expect(seeded.injections.filter(({ at }) => at === 0)).toHaveLength(4)
    expect(seeded.injections.filter(({ at }) => at > 0)).toHaveLength(2)
    expect(seeded.faults.find(({ kind }) => kind === 'net.priority')!.injections).toBeGreaterThan(3)
  })

  test('net.priority is of no other strategy', async () => {
    for (let seed = 0; seed < 5; seed++) expect((await run({ scenario: registerStore, seed: `${seed}`, duration: ms(1) })).armed).not.toContain('net.priority')
    await expect(actsAndReplays('net.priority')).rejects.toThrow('net.priority belongs to --strategy pct')
  })

  test('net.priority is armed whatever kinds a scenario lists or a run is asked for, but not when it is switched off', async () => {
    const listed = { ...registerStore, faults: { strategy: 'pct' as const, kinds: ['net.delay'] } }
    const report = await run({ scenario: listed, seed: 'listed', duration: s(5) })
    expect(report.faults.find(({ kind }) => kind === 'net.priority')?.injections).toBeGreaterThan(3)
    expect((await run({ scenario: listed, seed: '1', kinds: ['net.drop'], duration: ms(1) })).armed).toEqual(['net.drop', 'net.priority'])
    expect((await run({ scenario: listed, seed: '1', withoutKinds: ['net.priority'], duration: ms(1) })).armed).not.toContain('net.priority')
    expect((await run({ scenario: listed, seed: '1', kinds: [], duration: ms(1) })).armed).toEqual([])
  })

  test('finds an ordering bug of depth 3 in far fewer seeds than random', async () => {
    const seeds = 2_000
    const gapsOf = async (strategy: Strategy) => {
      const gaps: number[] = []
      let since = 0
      for (let seed = 1; seed <= seeds; seed++) {
        since++
        if ((await run({ scenario: orderingBug, seed: String(seed), strategy })).outcome !== 'violation') continue
        gaps.push(since)
        since = 0
      }
      return gaps.sort((a, b) => a - b)
    }
    const pct = await gapsOf('pct')
    const random = await gapsOf('random')
    const median = (gaps: readonly number[]) => gaps[gaps.length >> 1] ?? Number.POSITIVE_INFINITY
    console.log(`of ${seeds} seeds: pct finds it in ${pct.length} (median ${median(pct)} seeds), random in ${random.length} (median ${median(random)} seeds)`)
    expect(pct.length).toBeGreaterThanOrEqual(8)
    expect(random.length * 4).toBeLessThan(pct.length)
    expect(median(pct) * 2).toBeLessThan(median(random))
  }, 180_000)
})
