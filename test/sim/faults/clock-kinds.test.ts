import { describe, expect, test } from 'vitest'
import { type Budget, type Host, type Injection, invariant, ms, run, s, scenario, simulate, system, workload } from '../../../sim/index.js'
import { actsAndReplays } from './kind-harness.js'

const epochMillis = 1_767_225_600_000

/** A host that looks at its clocks every ten milliseconds of its own time. */
class Watch {
  readonly host: Host
  looks: { monotonic: number; wallMillis: number }[] = []
  constructor(host: Host) {
    this.host = host
    host.clock.every(ms(10), () => this.looks.push({ monotonic: host.clock.monotonic(), wallMillis: host.clock.wallMillis() }))
  }
}

const survives = { clockSkewMillis: 500, clockDriftPpm: 100_000, clockFreezeMillis: 400 } satisfies Budget
/** The largest error of a wall clock, in milliseconds, that one of the run's clocks has shown. */
const watches = (budget: Budget) => {
  const clocks = system({ name: 'watches', roles: { watch: { count: 3, boot: (host: Host) => new Watch(host) } }, survives: budget })
  return scenario({
    name: 'watches',
    system: clocks,
    workload: workload({ clients: 0, generate: () => null, perform: async () => null }),
    invariants: [
      invariant<typeof clocks>('wall clocks stay within the bound', () => ({ hosts, now }) => {
        for (const { name, process } of hosts.watch) {
          const last = process?.looks.at(-1)
          if (last === undefined || process === undefined) continue
          const error = process.host.clock.wallMillis() - epochMillis - now / 1_000_000
          if (Math.abs(error) > (budget.clockSkewMillis ?? 0) + 1) return `${name} is off by ${error} ms`
        }
        return undefined
      }),
      invariant<typeof clocks>('monotonic time never goes back', () => ({ hosts }) => {
        for (const { name, process } of hosts.watch) {
          const [before, last] = process?.looks.slice(-2) ?? []
          if (before !== undefined && last !== undefined && last.monotonic < before.monotonic + ms(10))
            return `${name} shows ${last.monotonic} after ${before.monotonic}`
        }
        return undefined
      }),
    ],
    faults: { strategy: 'random' },
    duration: s(12),
    healAt: s(10),
    statistics: ({ hosts }) => {
      const looks = hosts.watch.map(({ process }) => process?.looks ?? [])
      const pairs = looks.flatMap((all) => all.slice(1).map((look, i) => [all[i] as typeof look, look] as const))
      return {
        backwards: pairs.filter(([before, after]) => after.wallMillis < before.wallMillis).length,
        jumps: pairs.filter(([before, after]) => after.wallMillis > before.wallMillis + 20).length,
        fewest: Math.min(...looks.map((all) => all.length)),
        most: Math.max(...looks.map((all) => all.length)),
        firstErrors: looks.filter((all) => Math.abs((all[0]?.wallMillis ?? 0) - epochMillis - 10) > 1).length,
      }
    },
  })
}

describe('clocks that are not true', () => {
  test('clock.skew puts wall clocks off from the start, and its list replays it', async () => {
    const { seeded } = await actsAndReplays('clock.skew', { scenario: watches(survives) })
    expect(seeded.statistics.firstErrors).toBe(seeded.statistics.skewedClocks)
    expect(seeded.injections.every((injection) => injection.at === 0)).toBe(true)
  })

  test('clock.step makes wall clocks jump, also back, and its list replays it', async () => {
    const { seeded } = await actsAndReplays('clock.step', { scenario: watches(survives), duration: s(12) })
    expect(seeded.statistics.backwards).toBeGreaterThan(0)
    expect(seeded.statistics.jumps).toBeGreaterThan(0)
  })

  test('clock.drift makes timers fire at another rate, and its list replays it', async () => {
    const { seeded } = await actsAndReplays('clock.drift', { scenario: watches(survives), duration: s(12), options: { 'clock.drift.wildPerMille': 1_000 } })
    expect(seeded.statistics.most! - seeded.statistics.fewest!).toBeGreaterThan(5)
  })

  test('clock.drift of crystals stays within 200 ppm', async () => {
    const { seeded } = await actsAndReplays('clock.drift', { scenario: watches(survives), duration: s(12), options: { 'clock.drift.wildPerMille': 0 } })
    for (const { args } of seeded.injections) expect(Math.abs(args.ppm as number)).toBeLessThanOrEqual(200)
  })

  test('clock.freeze makes timers wait, and its list replays it', async () => {
    const { seeded } = await actsAndReplays('clock.freeze', { scenario: watches(survives), duration: s(12) })
    expect(seeded.statistics.fewest).toBeLessThan(1_195)
  })

  test('together they stay within what the system survives, in every run', async () => {
    let injections = 0
    for (let seed = 0; seed < 20; seed++) {
      const kinds = ['clock.skew', 'clock.step', 'clock.drift', 'clock.freeze']
      const options = { 'clock.step.everyMillis': 500, 'clock.drift.everyMillis': 700, 'clock.freeze.everyMillis': 600, 'clock.drift.lastsMillis': 5_000 }
      const report = await run({ scenario: watches(survives), seed: `bound ${seed}`, kinds, options })
      expect([report.seed, report.outcome, report.violation?.message]).toEqual([report.seed, 'passed', undefined])
      injections += report.injections.length
    }
    expect(injections).toBeGreaterThan(400)
  })

  test('a system that says nothing of its clocks has true ones', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const { armed } = await run({ scenario: watches({}), seed: `silent ${seed}`, duration: ms(1) })
      expect(armed.filter((kind) => kind.startsWith('clock.'))).toEqual([])
    }
  })

  test('the end of faults sets wall clocks right', async () => {
    await using simulation = await simulate(watches(survives), { seed: '1', faults: 'none', invariants: false })
    const inject = (kind: string, args: Injection['args']) => simulation.inject({ kind, site: 'watch-1', args })
    inject('clock.step', { byNanos: -ms(300) })
    inject('clock.drift', { ppm: 100_000, forNanos: null })
    await simulation.advance(s(1))
    inject('clock.freeze', { forNanos: null })
    await simulation.advance(s(1))
    const clock = simulation.world.hosts.watch[0]!.process!.host.clock
    expect([clock.monotonic(), clock.wallMillis() - epochMillis]).toEqual([ms(1_100), 800])
    simulation.engine.heal()
    expect([clock.monotonic(), clock.wallMillis() - epochMillis]).toEqual([ms(1_100), 2_000])
    await simulation.advance(s(1))
    expect([clock.monotonic(), clock.wallMillis() - epochMillis]).toEqual([ms(2_100), 3_000])
  })
})
