import { describe, expect, test } from 'vitest'
import { DiskError, type Host, InjectedFailure, type Injection, ms, run, s, scenario, simulate, system, workload } from '../../../sim/index.js'
import { actsAndReplays } from './kind-harness.js'

/** Asks one `maybe` site of eight and passes one failpoint of four every few milliseconds, and remembers how that went. */
class Worker {
  readonly taken = new Map<string, number>()
  readonly slow: number[] = []
  readonly errors: Error[] = []
  rounds = 0
  static boot(host: Host): Worker {
    const worker = new Worker()
    host.spawn('rounds', async () => {
      for (; ; worker.rounds++) {
        await host.clock.sleep(ms(5))
        const site = `flush.${worker.rounds % 8}`
        if (host.maybe(site)) worker.taken.set(site, (worker.taken.get(site) ?? 0) + 1)
        const before = host.clock.monotonic()
        try {
          await host.failpoint(`save.${worker.rounds % 4}`, { EIO: () => new DiskError('EIO', 'sync', 'log') })
        } catch (error) {
          worker.errors.push(error as Error)
        }
        const took = host.clock.monotonic() - before
        if (took > 0) worker.slow.push(took)
      }
    })
    return worker
  }
}

const workers = scenario({
  name: 'workers',
  system: system({ name: 'workers', roles: { worker: { count: 3, boot: Worker.boot } }, survives: { down: 1 } }),
  workload: workload({ clients: 0, generate: () => null, perform: async () => null }),
  invariants: [],
  faults: { strategy: 'random' },
  duration: s(10),
  healAt: s(8),
  statistics: (world) => ({
    taken: world.hosts.worker.reduce((sum, { process }) => sum + [...process!.taken.values()].reduce((a, b) => a + b, 0), 0),
    slow: world.hosts.worker.reduce((sum, { process }) => sum + process!.slow.length, 0),
    errors: world.hosts.worker.reduce((sum, { process }) => sum + process!.errors.length, 0),
  }),
})

describe('host.maybe', () => {
  test('a run takes the rare path at some sites, and its list replays them', async () => {
    const { seeded } = await actsAndReplays('code.maybe', { scenario: workers, duration: s(10) })
    expect(seeded.injections.length).toBe(seeded.statistics.taken)
    const [first] = seeded.injections as [Injection]
    expect(first.site).toMatch(/^worker-\d flush\.\d$/)
  })

  test('a quarter of the sites is armed, another one in another run, and on every host the same', async () => {
    let armed = 0
    for (let seed = 0; seed < 40; seed++) {
      const { injections } = await run({ scenario: workers, seed: `${seed}`, kinds: ['code.maybe'], options: { 'code.maybe.perMille': 500 }, duration: s(3) })
      const byHost = new Map<string, Set<string>>()
      for (const { site } of injections) {
        const [host, name] = site.split(' ') as [string, string]
        byHost.set(host, (byHost.get(host) ?? new Set()).add(name))
      }
      const sites = [...byHost.values()].map((names) => [...names].sort().join())
      expect(new Set(sites).size).toBeLessThanOrEqual(1)
      armed += byHost.get('worker-1')?.size ?? 0
    }
    // 40 runs of 8 sites: 80 are expected.
    expect(armed).toBeGreaterThan(55)
    expect(armed).toBeLessThan(105)
  })

  test('without its kind, and after faults have ended, it is false', async () => {
    const report = await run({ scenario: workers, seed: '1', kinds: ['process.pause'], duration: s(2) })
    expect(report.statistics.taken).toBe(0)
    const { injections } = await run({ scenario: workers, seed: '3', kinds: ['code.maybe'], options: { 'code.maybe.perMille': 500 } })
    expect(injections.length).toBeGreaterThan(0)
    expect(Math.max(...injections.map(({ at }) => at))).toBeLessThan(s(8))
  })

  test('a site is a word', async () => {
    const boot = (host: Host) => host.maybe('two words')
    const definition = scenario({
      ...workers,
      invariants: [],
      recovery: [],
      eventually: [],
      name: 'words',
      system: system({ name: 'words', roles: { worker: { count: 1, boot } }, survives: {} }),
      statistics: () => ({}),
      measurements: () => ({}),
    })
    const report = await run({ scenario: definition, seed: '1', kinds: ['code.maybe'] })
    expect(report.violation?.message).toContain("a site inside the code is named by a word without blanks, not 'two words'")
  })
})

describe('host.failpoint', () => {
  test('delays, throws the errors that the site names, or hangs, and its list replays them', async () => {
    const { seeded } = await actsAndReplays('code.failpoint', { scenario: workers, options: { 'code.failpoint.perMille': 100 }, duration: s(10) })
    const harms = new Set(seeded.injections.map(({ args }) => Object.keys(args)[0]))
    expect([...harms].sort()).toEqual(['delayNanos', 'error', 'hangs'])
    expect(seeded.statistics.errors).toBeGreaterThan(0)
    expect(seeded.statistics.slow).toBeGreaterThan(0)
  })

  const listed = async (args: Injection['args'], seconds = 2) => {
    const injection: Injection = { kind: 'code.failpoint', site: 'worker-1 save.2', ordinal: 3, at: 0, args }
    const simulation = await simulate(workers, { seed: '1', plan: { injections: [injection] } })
    await simulation.advance(s(seconds))
    const host = simulation.world.host('worker-1')!
    const worker = host.process as Worker
    return { worker, host, report: await simulation.finish() }
  }

  test('a listed delay holds exactly that call', async () => {
    const { worker, report } = await listed({ delayNanos: ms(70) })
    expect(worker.slow).toEqual([ms(70)])
    expect(report.stale).toEqual([])
  })

  test('a listed error is the one that the site names, or an InjectedFailure by that name', async () => {
    expect((await listed({ error: 'EIO' })).worker.errors).toEqual([new DiskError('EIO', 'sync', 'log')])
    expect((await listed({ error: 'ENOSPC' })).worker.errors).toEqual([new InjectedFailure('save.2', 'ENOSPC')])
  })

  test('a hang lasts until the watchdog kills the process, which starts again', async () => {
    const { host, worker } = await listed({ hangs: true, killAfterNanos: ms(500) })
    expect([host.incarnation, worker.rounds > 100]).toEqual([2, true])
    const forever = await listed({ hangs: true, killAfterNanos: null })
    expect([forever.host.incarnation, forever.worker.rounds]).toEqual([1, 10])
  })

  test('a call that never comes is stale', async () => {
    const { report } = await listed({ delayNanos: 1 }, 0)
    expect(report.stale).toHaveLength(1)
  })
})
