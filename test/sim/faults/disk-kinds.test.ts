import { describe, expect, test } from 'vitest'
import { DamageBudget } from '../../../sim/faults/damage-budget.js'
import { ms, run, type Simulation, s, simulate } from '../../../sim/index.js'
import { type ArchiveProcess, archive } from './archive.js'
import { actsAndReplays } from './kind-harness.js'

type Driven = Simulation<{ archive: ArchiveProcess }>
const trial = { scenario: archive, duration: s(6) }
const first = ({ world }: Driven) => world.hosts.archive[0]?.process as ArchiveProcess
const drive = () => simulate(archive, { faults: 'none' })
const always = { perMille: 1000, files: null, key: [1, 2] }

describe('a fault kind of the disk', () => {
  test('disk.rot damages what is durable, and is found by reading', async () => {
    const { seeded } = await actsAndReplays('disk.rot', trial)
    expect(seeded.injections[0]).toMatchObject({ args: { path: expect.stringMatching(/^blocks\//), sector: expect.any(Number), key: expect.any(Number) } })
    await using simulation = await drive()
    await simulation.advance(s(1))
    simulation.inject({ kind: 'disk.rot', site: 'archive-1', args: { path: 'blocks/left', sector: 3, key: 9 } })
    await simulation.advance(s(1))
    expect([...first(simulation).damaged]).toEqual([6])
    expect(() => simulation.inject({ kind: 'disk.rot', site: 'archive-1', args: { path: 'blocks/left', sector: 300, key: 9 } })).toThrow(
      'finds nothing to harm',
    )
  })

  test('disk.misdirect-read answers another sector, which a second reading does not', async () => {
    await actsAndReplays('disk.misdirect-read', trial)
    await using simulation = await drive()
    await simulation.advance(s(1))
    simulation.inject({ kind: 'disk.misdirect-read', site: 'archive-1', args: { forNanos: ms(500), ...always } })
    await simulation.advance(s(1))
    expect(first(simulation).damaged.size).toBeGreaterThan(3)
  })

  test('disk.misdirect-write damages two sectors', async () => {
    await actsAndReplays('disk.misdirect-write', trial)
    await using simulation = await drive()
    await simulation.advance(s(1))
    simulation.inject({ kind: 'disk.misdirect-write', site: 'archive-1', args: { forNanos: ms(200), ...always } })
    await simulation.advance(s(1))
    expect(first(simulation).damaged.size).toBeGreaterThan(1)
  })

  test('disk.sync-lie shows at the next power loss', async () => {
    await actsAndReplays('disk.sync-lie', trial)
    for (const lies of [false, true]) {
      await using simulation = await drive()
      if (lies) simulation.inject({ kind: 'disk.sync-lie', site: 'archive-1', args: { forNanos: s(10), ...always } })
      await simulation.advance(s(1))
      simulation.powerLoss('archive-1')
      simulation.restart('archive-1')
      await simulation.until((world) => world.host('archive-1')?.status === 'up', { within: s(1) })
      expect(first(simulation).blocksAtBoot).toBe(lies ? 0 : 24)
    }
  })

  test('disk.stall holds everything up, and lets it all go on', async () => {
    await actsAndReplays('disk.stall', trial)
    await using simulation = await drive()
    await simulation.advance(s(1))
    simulation.inject({ kind: 'disk.stall', site: 'archive-1', args: { forNanos: s(2) } })
    const { durable } = simulation.world.hosts.archive[0] as Driven['world']['hosts']['archive'][number]
    await simulation.advance(ms(10))
    const { changes } = durable
    await simulation.advance(ms(1_900))
    expect(durable.changes).toBe(changes)
    await simulation.advance(ms(500))
    expect(durable.changes).toBeGreaterThan(changes + 5)
  })

  test('disk.wipe brings a host back under its name with an empty disk, and only as many as may be', async () => {
    const { seeded } = await actsAndReplays('disk.wipe', { ...trial, options: { 'disk.wipe.everyMillis': 500 } })
    expect(new Set(seeded.injections.map(({ site }) => site)).size).toBe(1)
    expect(seeded.statistics.wipes).toBeGreaterThan(0)
    await using simulation = await drive()
    await simulation.advance(s(1))
    simulation.inject({ kind: 'disk.wipe', site: 'archive-1', args: { restartAfterNanos: ms(100) } })
    await simulation.until((world) => world.host('archive-1')?.incarnation === 2 && world.host('archive-1')?.status === 'up', { within: s(1) })
    expect(first(simulation)).toMatchObject({ boots: 2, blocksAtBoot: 0 })
  })

  test('is armed only where the budget says that it is survived', async () => {
    const { corruptCopies: _c, wiped: _w, syncLies: _l, ...less } = archive.system.survives
    const frail = { ...archive, system: { ...archive.system, survives: less } }
    const silent = ['disk.rot', 'disk.misdirect-read', 'disk.misdirect-write', 'disk.sync-lie', 'disk.wipe']
    const given = { scenario: archive, seed: '1', kinds: silent, duration: ms(1) }
    expect([...(await run(given)).armed].sort()).toEqual([...silent].sort())
    const listed = { ...frail, faults: { ...frail.faults, kinds: silent } }
    expect((await run({ scenario: listed, seed: '1', duration: ms(1) })).armed).toEqual([])
    for (const [kind, why] of [
      ['disk.rot', 'names no corruptCopies'],
      ['disk.sync-lie', 'names no syncLies'],
      ['disk.wipe', 'names no wiped'],
    ] as const) {
      await expect(run({ ...given, scenario: frail, kinds: [kind] })).rejects.toThrow(`${kind} is not survived by archive: its survives ${why}`)
    }
    const alone = { ...frail, system: { ...frail.system, survives: { corruptCopies: 1 } } }
    await expect(run({ ...given, scenario: alone, kinds: ['disk.rot'] })).rejects.toThrow('its survives says corruptCopies: 1')
  })

  test('never damages as many copies as there are: what was damaged and not written again is counted by unit', async () => {
    const kinds = ['disk.rot', 'disk.misdirect-read', 'disk.misdirect-write']
    const options = Object.fromEntries(kinds.map((kind) => [`${kind}.everyMillis`, kind === 'disk.rot' ? 20 : 200]))
    const { system } = archive
    // Nothing is ever mended, and all is one unit: the host that is damaged first is the only one.
    const roles = { archive: { ...system.roles.archive, config: () => ({ mends: false }) } }
    const two = { ...archive, system: { ...system, roles, survives: { ...system.survives, corruptCopies: 2 }, replicaUnit: () => 'everything' } }
    const report = await run({ scenario: two, seed: 'budget', kinds, duration: s(3), options })
    expect(report.outcome).toBe('passed')
    const struck = [...report.injections.filter(({ kind }) => kind === 'disk.rot'), ...report.occurrences]
    expect(struck.length).toBeGreaterThan(20)
    expect(new Set(struck.map(({ site }) => site.split(':')[0])).size).toBe(1)
  })
})

test('so many hosts as the system names are ever damaged, the same ones all through a run', async () => {
  const few = { ...archive, system: { ...archive.system, survives: { ...archive.system.survives, damagedHosts: 1 } } }
  const kinds = ['disk.rot', 'disk.misdirect-read', 'disk.misdirect-write', 'disk.sync-lie']
  const chosen = new Set<string>()
  for (const seed of ['1', '2', '3', '4', '5', '6']) {
    const { outcome, injections, faults } = await run({ scenario: few, seed, kinds, duration: s(3), options: { 'disk.rot.everyMillis': 50 } })
    const struck = new Set(injections.map(({ site }) => site))
    expect([outcome, struck.size]).toEqual(['passed', 1])
    for (const host of struck) chosen.add(host)
    expect(faults.find(({ kind }) => kind === 'disk.rot')).toMatchObject({ heldBack: 0 })
  }
  expect(chosen.size).toBeGreaterThan(1)
})

describe('the budget of damage', () => {
  const damage = (path: string, offset = 0, state = { healed: false }) => ({ path, offset, isHealed: () => state.healed })

  test('allows fewer copies of a unit to be damaged than there may be', () => {
    const budget = new DamageBudget({ corruptCopies: 3 }, (_host, path) => path)
    const may = (host: string, path = 'a') => budget.allows(host, [{ path, offset: 0 }])
    budget.damaged('one', [damage('a')])
    expect([may('one'), may('two')]).toEqual([true, true])
    budget.damaged('two', [damage('a')])
    expect([may('one'), may('two'), may('three'), may('three', 'b')]).toEqual([true, true, false, true])
    expect(budget.allows('three', [damage('b'), damage('a')])).toBe(false)
  })

  test('forgets damage that was written over, and all of a disk that is wiped', () => {
    const budget = new DamageBudget({ corruptCopies: 2, wiped: 1 }, () => 'unit')
    const may = (host: string) => budget.allows(host, [{ path: 'a', offset: 0 }])
    const state = { healed: false }
    budget.damaged('one', [damage('a', 0, state)])
    expect(may('two')).toBe(false)
    state.healed = true
    expect(may('two')).toBe(true)
    budget.damaged('two', [damage('a')])
    expect([budget.mayWipe('two'), may('one')]).toEqual([true, false])
    budget.wiped('two')
    expect([may('one'), budget.mayWipe('one'), budget.mayWipe('two')]).toEqual([true, false, true])
  })

  test('touches only the disks that may decay, where the system names how many', () => {
    const budget = new DamageBudget({ corruptCopies: 3, damagedHosts: 1 }, () => 'unit', ['two'])
    expect([budget.mayDecay('one'), budget.mayDecay('two')]).toEqual([false, true])
    expect([budget.allows('one', [damage('a')]), budget.allows('two', [damage('a')])]).toEqual([false, true])
    expect([budget.concerns('one', damage('a')), budget.concerns('two', damage('a'))]).toEqual([false, true])
  })

  test('spares what has no other copy', () => {
    const budget = new DamageBudget({ corruptCopies: 3 }, (_host, path) => (path === 'log' ? 'log' : null))
    expect([budget.allows('one', [damage('log')]), budget.allows('one', [damage('vote')])]).toEqual([true, false])
  })
})

test('all kinds together, silent and loud, leave a system that expects them alive, and its runs replay', async () => {
  const acted = new Map<string, number>()
  for (const seed of ['one', 'two', 'three']) {
    const seeded = await run({ scenario: archive, seed, duration: s(4) })
    expect([seed, seeded.outcome, seeded.violation?.message]).toEqual([seed, 'passed', undefined])
    const listed = await run({ scenario: archive, seed, duration: s(4), plan: { injections: JSON.parse(JSON.stringify(seeded.injections)) } })
    expect([listed.traceHash, listed.stale]).toEqual([seeded.traceHash, []])
    for (const { kind, injections } of seeded.faults) acted.set(kind, (acted.get(kind) ?? 0) + injections)
  }
  expect(acted.get('disk.rot')).toBeGreaterThan(0)
})
