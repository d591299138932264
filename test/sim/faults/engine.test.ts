import { describe, expect, test } from 'vitest'
import { type FaultKind, type Injection, ms, run, s, simulate, stockFaults } from '../../../sim/index.js'
import { registerStore } from './register-store.js'

describe('seeded faults', () => {
  test('every kind that can meet a store of streams acts in some of twelve runs with all of them, and the store stands it', async () => {
    const acted = new Map<FaultKind, number>()
    // Replicas read their disk only when they start: too seldom for a bad sector to be met.
    const net = ['net.delay', 'net.drop', 'net.clog', 'net.partition']
    const disk = ['disk.lost', 'disk.torn', 'disk.lost-rename', 'disk.sync-error', 'disk.write-error', 'disk.full', 'disk.slow']
    const kinds = [...net, ...disk, 'process.crash', 'process.pause', 'power.loss']
    const timed = kinds.filter((kind) => stockFaults.hasOption(`${kind}.everyMillis`))
    const options = Object.fromEntries(timed.map((kind) => [`${kind}.everyMillis`, 1_500]))
    for (let seed = 0; seed < 12; seed++) {
      const report = await run({ scenario: registerStore, seed: `acts ${seed}`, kinds, options, duration: s(8) })
      expect([report.seed, report.outcome, report.violation?.message]).toEqual([report.seed, 'passed', undefined])
      for (const { kind, injections } of report.faults) acted.set(kind, (acted.get(kind) ?? 0) + injections)
    }
    expect(kinds.filter((kind) => !acted.get(kind))).toEqual([])
  })

  test('a swarm switches some kinds off and draws the rates of the rest', async () => {
    const mixes = new Set<string>()
    for (let seed = 0; seed < 10; seed++) mixes.add((await run({ scenario: registerStore, seed: `mix ${seed}`, duration: ms(5) })).armed.join())
    expect(mixes.size).toBeGreaterThan(5)
  })

  test('kinds asked for by name are all armed, and no other', async () => {
    const { armed } = await run({ scenario: registerStore, seed: 'named', kinds: ['net.drop', 'power.loss'], duration: ms(5) })
    expect(armed).toEqual(['net.drop', 'power.loss'])
  })

  test('switching one kind off leaves the draws of another as they were', async () => {
    const all = await run({ scenario: registerStore, seed: 'streams', kinds: ['net.clog', 'net.partition', 'process.pause'] })
    const fewer = await run({ scenario: registerStore, seed: 'streams', kinds: ['net.clog'] })
    const clogs = (report: typeof all) => report.injections.filter((injection) => injection.kind === 'net.clog')
    expect(clogs(all)).toEqual(clogs(fewer))
    expect(clogs(all).length).toBeGreaterThan(0)
  })

  test('the budget holds back what would take a second host', async () => {
    let heldBack = 0
    for (let seed = 0; seed < 5; seed++) {
      const sim = await simulate(registerStore, {
        seed: `budget ${seed}`,
        kinds: ['process.crash', 'process.pause', 'net.partition'],
        options: { 'process.crash.everyMillis': 200, 'process.pause.everyMillis': 150, 'net.partition.everyMillis': 300 },
      })
      for (let i = 0; i < 200; i++) {
        await sim.advance(ms(20))
        const missing = sim.world.hosts.replica.filter((replica) => replica.status !== 'up').length
        expect(missing).toBeLessThanOrEqual(1)
      }
      heldBack += (await sim.finish()).faults.reduce((sum, count) => sum + count.heldBack, 0)
    }
    expect(heldBack).toBeGreaterThan(0)
  })
})

describe('listed faults', () => {
  test('the list that a seeded run leaves makes the same run again, event for event', async () => {
    for (let seed = 0; seed < 8; seed++) {
      const seeded = await run({ scenario: registerStore, seed: `list ${seed}` })
      const listed = await run({ scenario: registerStore, seed: `list ${seed}`, plan: { injections: JSON.parse(JSON.stringify(seeded.injections)) } })
      expect(listed.stale).toEqual([])
      expect([listed.steps, listed.traceHash]).toEqual([seeded.steps, seeded.traceHash])
    }
  })

  test('an episode can be opened into its single occurrences', async () => {
    let opened = 0
    for (let seed = 0; seed < 10 && opened < 3; seed++) {
      const seeded = await run({ scenario: registerStore, seed: `open ${seed}`, kinds: ['net.delay', 'disk.slow'], duration: s(4) })
      if (seeded.occurrences.length === 0) continue
      opened++
      const listed = await run({
        scenario: registerStore,
        seed: `open ${seed}`,
        duration: s(4),
        plan: { injections: JSON.parse(JSON.stringify(seeded.occurrences)) },
      })
      expect(listed.stale).toEqual([])
      expect(listed.history.map((record) => record.completedAt)).toEqual(seeded.history.map((record) => record.completedAt))
    }
    expect(opened).toBe(3)
  })

  test('an injection that finds no site is stale', async () => {
    const nowhere = { kind: 'net.drop', site: 'replica-1>replica-2 store.vote', ordinal: 3, at: 0, args: {} } as const
    const report = await run({ scenario: registerStore, seed: 'stale', duration: s(1), plan: { injections: [nowhere] } })
    expect(report.stale).toEqual([nowhere])
  })

  test.each([
    ['net.drop', { forNanos: ms(5), perMille: 500, mostNanos: 0, key: [1, 2] }],
    ['net.corrupt', { forNanos: ms(5), perMille: 500, key: [1, 2] }],
    ['net.bandwidth', { forNanos: ms(5), bytesPerSecond: 1_000, queueBytes: 1_000 }],
    ['net.priority', { delayNanos: ms(1) }],
  ])('an episode of %s on links of a host that is no more is stale, and one on all links is not', async (kind, args) => {
    const at = (site: string) => ({ kind, site, ordinal: 1, at: ms(1), args }) as Injection
    const [all, one, gone, wrong] = [at('*>*'), at('*>replica-1'), at('replica-9>*'), at('replica-1')]
    const report = await run({ scenario: registerStore, seed: 'stale', duration: s(1), plan: { injections: [all, one, gone, wrong] } })
    expect(report.stale).toEqual([gone, wrong])
  })
})
